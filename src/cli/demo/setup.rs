//! What the demonstration begins with: schools, three years of children, what was measured.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use chrono::Days;

use crate::app::App;
use crate::audit::Actor;
use crate::db;
use crate::fields::CollectionYear;
use crate::roster::import::{self, By, Mode, Target};
use crate::roster::{self};
use crate::schools::{self, geography};
use crate::synth::{Area, AreaPlan, School};
use crate::tabular::{self, Limits};
use crate::years::{self, YearRule};

/// Schools of the demonstration.
const SCHOOLS: u32 = 8;

/// Academic years: the one in progress and two before it.
const YEARS: u32 = 3;

/// Of the oldest year, the names of children measured up to this many days after its first day are due for removal.
const DUE_DAYS: u64 = 100;

/// Fills an empty database; `folder` is where the area's files are put, which can then be tried in the browser, too.
pub(super) fn run(app: &App, folder: &Path, seed: u64) -> anyhow::Result<Vec<School>> {
    let mut area = Area::new(AreaPlan {
        seed,
        schools: SCHOOLS,
        years: YEARS,
        today: app.clock.today(),
        children_per_year_group: None,
    })?;
    let written = area.write_folder(folder)?;
    let read = |name: String| {
        fs::read(folder.join(&name)).with_context(|| format!("{name} cannot be read"))
    };
    import_schools(app, &read("schools.csv".to_owned())?)?;
    println!("  {SCHOOLS} schools of two local authorities");
    app.db.write_now(|tx| {
        geography::import_postcodes(tx, read("postcodes.csv".to_owned())?.as_slice(), |_| ())
            .map_err(anyhow::Error::from)
    })?;
    app.db.write_now(|tx| {
        geography::import_deprivation(tx, read("deprivation.csv".to_owned())?.as_slice())
            .map_err(anyhow::Error::from)
    })?;
    set_years(app, &area)?;
    for year in written {
        import_roster(app, year.year, &read(format!("roster-{}.csv", year.year))?)?;
        println!("  {}: {} children on the rosters", year.year, year.children);
    }
    Ok(area.schools().to_vec())
}

fn import_schools(app: &App, bytes: &[u8]) -> anyhow::Result<()> {
    let table = tabular::read_table(bytes, &Limits::COMMAND_LINE, |_| true)?;
    let register = schools::read_register(&table)?;
    app.db
        .write_now(|tx| schools::import_register(tx, &register, app.clock.now()))?;
    Ok(())
}

/// Sets the years' rules. All three have the same number of days: so many that the first names of the oldest year are
/// due for removal, so that removing can be tried.
fn set_years(app: &App, area: &Area) -> anyhow::Result<()> {
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
        let (actor, now, keyring) = (
            Actor::command("demo"),
            app.clock.now(),
            app.identities.keyring(),
        );
        app.db
            .write_now(|tx| years::set(tx, keyring, &actor, now, *year, &rule))?;
    }
    Ok(())
}

fn import_roster(app: &App, year: CollectionYear, bytes: &[u8]) -> anyhow::Result<()> {
    let parsed = import::parse(bytes, &Limits::COMMAND_LINE, year, None, |_| {
        Ok::<_, db::Error>(None)
    })?;
    let schools = app.db.read_now(roster::all_schools)?;
    let target = Target { year, school: None };
    let file = parsed.check(&schools, target)?;
    let actor = Actor::command("demo");
    let by = By {
        identities: &app.identities,
        actor: &actor,
        now: app.clock.now(),
    };
    let (prepared, applied, _) = app
        .db
        .write_now(|tx| import::import(tx, by, target, file, bytes, Mode::AllOrNothing))?;
    if applied.is_none() {
        bail!(
            "{} invented rows of {year} cannot go in",
            prepared.counts().rejected
        );
    }
    Ok(())
}
