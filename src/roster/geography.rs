//! Where a home lies: its small area and deprivation decile.

/// Where a postcode lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Small area, in the boundaries that the deciles use.
    pub lsoa: Option<String>,
    /// Year of those boundaries.
    pub lsoa_vintage: Option<i32>,
    /// Deprivation decile, 1 the most deprived.
    pub decile: Option<i32>,
    /// Year of the deciles.
    pub decile_vintage: Option<i32>,
}

impl Place {
    /// The place of a postcode with its areas of 2011 and 2021. `deciles` is
    /// the year of the newest deprivation index held: those up to 2019 are
    /// published for the areas of 2011, newer ones for those of 2021.
    pub fn new(lsoa11: Option<String>, lsoa21: Option<String>, deciles: Option<i32>) -> Self {
        let old = (lsoa11, 2011);
        let new = (lsoa21, 2021);
        let (first, second) = if deciles.is_some_and(|year| year <= 2019) {
            (old, new)
        } else {
            (new, old)
        };
        let (lsoa, vintage) = if first.0.is_some() { first } else { second };
        Self {
            lsoa_vintage: lsoa.as_ref().map(|_| vintage),
            lsoa,
            decile: None,
            decile_vintage: None,
        }
    }

    /// Adds the decile found for the area.
    pub fn set_decile(&mut self, vintage: i32, decile: Option<i32>) {
        self.decile = decile;
        self.decile_vintage = decile.map(|_| vintage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_taken_in_the_boundaries_of_the_deciles() {
        let place = |deciles| {
            Place::new(
                Some("E01000001".to_owned()),
                Some("E01033333".to_owned()),
                deciles,
            )
        };
        assert_eq!(place(Some(2019)).lsoa_vintage, Some(2011));
        assert_eq!(place(Some(2025)).lsoa_vintage, Some(2021));
        assert_eq!(place(None).lsoa.as_deref(), Some("E01033333"));
        assert_eq!(Place::new(None, None, None), Place::default());
        assert_eq!(
            Place::new(Some("E01000001".to_owned()), None, Some(2025)).lsoa_vintage,
            Some(2011)
        );
    }
}
