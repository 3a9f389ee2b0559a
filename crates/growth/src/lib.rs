//! Growth assessment of children of 4 to 20 years against the British 1990
//! reference (UK90): body mass index, z-scores, centiles, categories, and
//! whether a measurement is plausible.
//!
//! The crate reads no file and no clock and has no global state; dates are passed in as values, and
//! so is "today".
//! Nothing is rounded before it is compared with a cut, and every
//! [`Assessment`] carries both classifications, the population one for
//! statistics and the clinical one for letters.
//!
//! ```
//! use chrono::NaiveDate;
//! use growth::{Age, Height, Scheme, Weight, assess};
//! use programme::Sex;
//!
//! let born = NaiveDate::from_ymd_opt(2016, 5, 4).unwrap();
//! let measured = NaiveDate::from_ymd_opt(2026, 11, 10).unwrap();
//! let age = Age::between(born, measured).unwrap();
//! let height = Height::parse_centimetres("141.2").unwrap();
//! let weight = Weight::parse_kilograms("34,5").unwrap();
//!
//! let assessment = assess(Sex::Female, &age, height, weight, Scheme::default()).unwrap();
//! assert_eq!(assessment.clinical.code(), "healthy_weight");
//! assert_eq!(age.words(), "10 years and 6 months");
//! ```

mod age;
mod assessment;
pub mod batch;
mod category;
mod display;
pub mod measure;
pub mod normal;
pub mod plausibility;
mod reference;
mod scheme;

pub use age::{Age, BornAfterMeasurement};
pub use assessment::{Assessment, NotAssessed, assess, assess_values};
pub use category::{ClinicalCategory, PopulationCategory, UnknownCode};
pub use display::{centile_ordinal, centile_position, centile_text};
pub use measure::{Height, Weight};
pub use reference::{
    Lms, MAX_AGE_DAYS, MAX_AGE_YEARS, MIN_AGE_DAYS, MIN_AGE_YEARS, Measure,
    REFERENCE_ACKNOWLEDGEMENT, lms,
};
pub use scheme::{Cut, Cuts, POPULATION, Scheme, SchemeDefinition};
