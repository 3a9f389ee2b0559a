//! Children in columns, and the loops over them.

use programme::Sex;

use super::day_table::{DAYS, DayTable};
use super::functions::{exp, ln};
use crate::{MAX_AGE_DAYS, MIN_AGE_DAYS};

/// Children computed side by side: their scratch columns stay in the
/// processor's first cache.
const BLOCK: usize = 128;

/// Children in columns: put them in, assess, take the figures out.
///
/// Figures of a child outside 4 to 20 years are NaN; so may those be of a
/// height or weight that is not a positive number, which the caller sorts out
/// beforehand.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    rows: Vec<u32>,
    height_cm: Vec<f64>,
    weight_kg: Vec<f64>,
    bmi: Vec<f64>,
    height_z: Vec<f64>,
    weight_z: Vec<f64>,
    bmi_z: Vec<f64>,
    bmi_centile: Vec<f64>,
}

impl Batch {
    /// Adds a child: age in whole days, height in cm, weight in kg.
    pub fn push(&mut self, sex: Sex, age_days: u32, height_cm: f64, weight_kg: f64) {
        let row = if (MIN_AGE_DAYS..=MAX_AGE_DAYS).contains(&age_days) {
            sex.index() as u32 * DAYS as u32 + (age_days - MIN_AGE_DAYS)
        } else {
            2 * DAYS as u32
        };
        self.rows.push(row);
        self.height_cm.push(height_cm);
        self.weight_kg.push(weight_kg);
    }

    /// How many children are in it.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes all children out and keeps the memory.
    pub fn clear(&mut self) {
        let Self {
            rows,
            height_cm,
            weight_kg,
            ..
        } = self;
        rows.clear();
        height_cm.clear();
        weight_kg.clear();
    }

    /// Works out BMI, the three z-scores and the BMI's centile.
    pub fn assess(&mut self, table: &DayTable) {
        self.score(table);
        self.bmi_centile.resize(self.rows.len(), 0.0);
        table.phi.centiles(&self.bmi_z, &mut self.bmi_centile);
    }

    /// Works out BMI and the three z-scores only; categories need no centile.
    pub fn score(&mut self, table: &DayTable) {
        let count = self.rows.len();
        for column in [
            &mut self.bmi,
            &mut self.height_z,
            &mut self.weight_z,
            &mut self.bmi_z,
        ] {
            column.resize(count, 0.0);
        }
        let inputs = self
            .rows
            .chunks(BLOCK)
            .zip(self.height_cm.chunks(BLOCK))
            .zip(self.weight_kg.chunks(BLOCK));
        let outputs = self
            .bmi
            .chunks_mut(BLOCK)
            .zip(self.height_z.chunks_mut(BLOCK))
            .zip(
                self.weight_z
                    .chunks_mut(BLOCK)
                    .zip(self.bmi_z.chunks_mut(BLOCK)),
            );
        let mut scratch = Scratch::default();
        for (((rows, height_cm), weight_kg), ((bmi, height_z), (weight_z, bmi_z))) in
            inputs.zip(outputs)
        {
            scratch.gather(table, rows);
            scratch.heights(height_cm, height_z);
            scratch.masses(height_cm, weight_kg, bmi, weight_z, bmi_z);
        }
    }

    /// Body mass index of each child, kg/m².
    pub fn bmi(&self) -> &[f64] {
        &self.bmi
    }

    /// Height z-score of each child.
    pub fn height_z(&self) -> &[f64] {
        &self.height_z
    }

    /// Weight z-score of each child.
    pub fn weight_z(&self) -> &[f64] {
        &self.weight_z
    }

    /// BMI z-score of each child.
    pub fn bmi_z(&self) -> &[f64] {
        &self.bmi_z
    }

    /// BMI centile of each child, 0 to 100; only after [`Batch::assess`].
    pub fn bmi_centile(&self) -> &[f64] {
        &self.bmi_centile
    }
}

/// The table's rows of one block of children, turned into columns.
struct Scratch {
    height_slope: [f64; BLOCK],
    height_offset: [f64; BLOCK],
    weight_l: [f64; BLOCK],
    weight_ln_m: [f64; BLOCK],
    weight_scale: [f64; BLOCK],
    bmi_l: [f64; BLOCK],
    bmi_ln_m: [f64; BLOCK],
    bmi_scale: [f64; BLOCK],
}

impl Default for Scratch {
    fn default() -> Self {
        let column = [0.0; BLOCK];
        Self {
            height_slope: column,
            height_offset: column,
            weight_l: column,
            weight_ln_m: column,
            weight_scale: column,
            bmi_l: column,
            bmi_ln_m: column,
            bmi_scale: column,
        }
    }
}

impl Scratch {
    fn gather(&mut self, table: &DayTable, rows: &[u32]) {
        for (child, row) in rows.iter().enumerate().take(BLOCK) {
            let row = &table.rows[*row as usize];
            self.height_slope[child] = row.height_slope;
            self.height_offset[child] = row.height_offset;
            self.weight_l[child] = row.weight.l;
            self.weight_ln_m[child] = row.weight.ln_m;
            self.weight_scale[child] = row.weight.scale;
            self.bmi_l[child] = row.bmi.l;
            self.bmi_ln_m[child] = row.bmi.ln_m;
            self.bmi_scale[child] = row.bmi.scale;
        }
    }

    fn heights(&self, height_cm: &[f64], height_z: &mut [f64]) {
        let lines = self.height_slope.iter().zip(&self.height_offset);
        for ((z, x), (slope, offset)) in height_z.iter_mut().zip(height_cm).zip(lines) {
            *z = x * slope + offset;
        }
    }

    fn masses(
        &self,
        height_cm: &[f64],
        weight_kg: &[f64],
        bmi: &mut [f64],
        weight_z: &mut [f64],
        bmi_z: &mut [f64],
    ) {
        let count = height_cm.len().min(BLOCK);
        let (height_cm, weight_kg) = (&height_cm[..count], &weight_kg[..count]);
        let (bmi, weight_z, bmi_z) = (
            &mut bmi[..count],
            &mut weight_z[..count],
            &mut bmi_z[..count],
        );
        for child in 0..count {
            let metres = height_cm[child] / 100.0;
            bmi[child] = weight_kg[child] / (metres * metres);
        }
        for child in 0..count {
            let power = self.weight_l[child] * (ln(weight_kg[child]) - self.weight_ln_m[child]);
            weight_z[child] = (exp(power) - 1.0) * self.weight_scale[child];
        }
        for child in 0..count {
            let power = self.bmi_l[child] * (ln(bmi[child]) - self.bmi_ln_m[child]);
            bmi_z[child] = (exp(power) - 1.0) * self.bmi_scale[child];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_outside_the_reference_have_no_figures() {
        let mut batch = Batch::default();
        for days in [
            0,
            MIN_AGE_DAYS - 1,
            MIN_AGE_DAYS,
            MAX_AGE_DAYS,
            MAX_AGE_DAYS + 1,
            u32::MAX,
        ] {
            batch.push(Sex::Male, days, 120.0, 25.0);
        }
        batch.assess(&DayTable::new());
        let inside: Vec<bool> = batch.bmi_z().iter().map(|z| z.is_finite()).collect();
        assert_eq!(inside, [false, false, true, true, false, false]);
        assert!(batch.height_z()[0].is_nan() && batch.bmi_centile()[0].is_nan());
    }

    #[test]
    fn a_batch_can_be_used_again() {
        let table = DayTable::new();
        let mut batch = Batch::default();
        for count in [3, 300, 1] {
            batch.clear();
            for child in 0..count {
                batch.push(Sex::Female, 4000 + child, 140.0, 35.0);
            }
            batch.assess(&table);
            assert_eq!(batch.len(), count as usize);
            assert_eq!(batch.bmi_centile().len(), count as usize);
        }
    }
}
