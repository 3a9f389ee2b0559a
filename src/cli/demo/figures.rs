//! Figures that the demonstration begins with.

use crate::app::App;
use crate::audit::Actor;
use crate::statistics::{self, Shelf};
use synth::Area;

/// Figures of the years that are over: those of one authority and of one school are published, those of the other
/// authority wait to be. What cannot be shown to anybody stays unpublished.
pub(super) fn make(app: &App, area: &Area) -> anyhow::Result<()> {
    let shelf = Shelf::open(app.identities.keyring())?;
    let (actor, now, today) = (Actor::command("demo"), app.clock.now(), app.clock.today());
    let over = area.years().split_last().map_or(&[][..], |(_, over)| over);
    let years = over
        .iter()
        .map(|year| year.to_string().parse())
        .collect::<Result<Vec<programme::AcademicYear>, _>>()?;
    for (audience, publish) in [("la:999", true), ("school:900101", true), ("la:998", false)] {
        let audience: programme::Audience = audience.parse()?;
        let (number, evidence) = app
            .db
            .write_now(|tx| statistics::make(tx, &shelf, &actor, now, today, &audience, &years))?;
        if publish && evidence.passed() {
            app.db
                .write_now(|tx| statistics::publish(tx, &shelf, &actor, now, number))?;
        }
    }
    Ok(())
}
