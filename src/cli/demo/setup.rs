//! What the demonstration begins with: schools, three years of children, what was measured.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chrono::Days;

use crate::app::App;
use crate::audit::Actor;
use crate::fields::CollectionYear;
use crate::synth::{Area, AreaPlan};
use crate::years::{self, YearRule};

/// Schools of the demonstration.
const SCHOOLS: u32 = 8;

/// Academic years: the one in progress and two before it.
const YEARS: u32 = 3;

/// Of the oldest year, the names of children measured up to this many days after its first day are due for removal.
const DUE_DAYS: u64 = 100;

/// Invents the area.
pub(super) fn area(app: &App, seed: u64) -> anyhow::Result<Area> {
    Ok(Area::new(AreaPlan {
        seed,
        schools: SCHOOLS,
        years: YEARS,
        today: app.clock.today(),
        children_per_year_group: None,
    })?)
}

/// Sets the years' rules. All three have the same number of days: so many that the first names of the oldest year are
/// due for removal, so that removing can be tried.
pub(super) fn set_years(app: &App, area: &Area) -> anyhow::Result<()> {
    let oldest = area.years().first().context("the area has no year")?;
    let due = oldest.first_day() + Days::new(DUE_DAYS);
    let retention_days = i32::try_from((app.clock.today() - due).num_days())?;
    for year in area.years() {
        let rule = YearRule {
            retention_days,
            instrument: "Invented for the demonstration; nothing designates it".to_owned(),
            scheme: None,
            closes_on: None,
        };
        let (actor, now, keyring) = (Actor::command("demo"), app.clock.now(), app.identities.keyring());
        app.db.write_now(|tx| years::set(tx, keyring, &actor, now, *year, &rule))?;
    }
    Ok(())
}
