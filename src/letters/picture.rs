//! The picture of a result: a scale, the child's place on it, and the same in words.

use growth::{Assessment, ClinicalCategory, Scheme, centile_position};
use programme::text::capitalised;

use super::content::{Band, Mark, Picture};

/// The z-scores at the ends of the picture's scale: one space of the chart beyond its outermost lines.
const SCALE: (f64, f64) = (-10.0 / 3.0, 10.0 / 3.0);

/// The lines of the United Kingdom's growth charts: two thirds of a z-score apart (Cole 1994).
const LINES: [(f64, &str); 7] = [
    (-2.0, "2nd"),
    (-4.0 / 3.0, "9th"),
    (-2.0 / 3.0, "25th"),
    (0.0, "50th"),
    (2.0 / 3.0, "75th"),
    (4.0 / 3.0, "91st"),
    (2.0, "98th"),
];

/// Where a z-score lies on the scale, 0 to 1; beyond the ends it stays just inside them.
fn place(z: f64) -> f64 {
    ((z - SCALE.0) / (SCALE.1 - SCALE.0)).clamp(0.005, 0.995)
}

/// The scale, the child's place on it, and the same in words.
pub(super) fn picture(
    child: &str,
    scheme: Scheme,
    told: &Assessment,
    show_centile: bool,
) -> Picture {
    let cuts = &scheme.definition().cuts;
    let ends = [
        0.0,
        place(cuts.underweight.z),
        place(cuts.overweight.z),
        place(cuts.very_overweight.z),
        1.0,
    ];
    let bands = ClinicalCategory::ALL
        .into_iter()
        .zip(ends.windows(2))
        .map(|(category, ends)| Band {
            label: capitalised(category.words()),
            from: ends[0],
            to: ends[1],
        })
        .collect();
    let part = format!("in the part for {}", told.clinical.words());
    let (caption, whereabouts) = if show_centile {
        (
            hundred_children(child, told.bmi_centile),
            format!("{}, {part}", centile_position(told.bmi_centile)),
        )
    } else {
        (format!("{child}’s result lies {part}."), part)
    };
    Picture {
        caption,
        description: format!(
            "A scale that runs from underweight on the left, through healthy weight and overweight, to very overweight \
             on the right. {child}’s result lies {whereabouts}."
        ),
        marker: format!("{child}’s result"),
        position: place(told.bmi_z),
        bands,
        marks: LINES
            .into_iter()
            .map(|(z, label)| Mark {
                at: place(z),
                label: label.to_owned(),
            })
            .collect(),
    }
}

/// A centile in words that need no word of statistics.
fn hundred_children(child: &str, centile: f64) -> String {
    let below = centile.round().clamp(0.0, 100.0) as u32;
    match below {
        0 => format!(
            "Of 100 children of the same age and sex, fewer than one has a lower weight for height than {child}."
        ),
        100 => format!(
            "Of 100 children of the same age and sex, almost all have a lower weight for height than {child}."
        ),
        1 => format!(
            "Of 100 children of the same age and sex, about one has a lower weight for height than {child}."
        ),
        _ => format!(
            "Of 100 children of the same age and sex, about {below} have a lower weight for height than {child}."
        ),
    }
}
