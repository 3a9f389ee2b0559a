//! Page: how far the schools have come and how good the figures are. Counts only.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::access::{Permission, needs};
use crate::app::App;
use crate::error::AppError;
use crate::measurement::participation::Tally;
use crate::measurement::{Reason, quality};
use crate::web::{Allowed, View};

/// A tally as pages show it.
pub fn tally_json(tally: &Tally) -> serde_json::Value {
    let reasons: Vec<_> = Reason::ALL
        .iter()
        .filter_map(|reason| {
            let children = tally.reasons.get(reason.code())?;
            Some(json!({"words": reason.words(), "children": children}))
        })
        .collect();
    json!({
        "roster": tally.roster,
        "eligible": tally.eligible,
        "by_hand": tally.by_hand,
        "measured": tally.measured,
        "not_measured": tally.not_measured,
        "not_eligible": tally.not_eligible,
        "without_outcome": tally.without_outcome,
        "with_outcome": tally.with_outcome(),
        "to_confirm": tally.to_confirm,
        "participation": tally.participation(),
        "reasons": reasons,
    })
}

/// How far the schools in scope have come, and how good the figures are: counts only.
pub async fn progress(
    allowed: Allowed<needs::ViewProgress>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, AppError> {
    let (scope, today) = (allowed.scope().clone(), app.clock.today());
    let (year, tallies, names, looks) = app
        .db
        .read(move |tx| -> Result<_, AppError> {
            let year = crate::measurement::current_year(tx, today)?;
            let label = year.clone().unwrap_or_default();
            Ok((
                year,
                crate::measurement::tallies(tx, &scope, &label)?,
                crate::measurement::school_names(tx, &scope)?,
                crate::measurement::looks(tx, &scope, &label)?,
            ))
        })
        .await?;
    let mut total = Tally::default();
    let schools: Vec<_> = tallies
        .iter()
        .map(|(urn, groups)| {
            let mut all = Tally::default();
            for tally in groups.values() {
                all.add(tally);
            }
            total.add(&all);
            let name = names.get(urn).cloned().unwrap_or_else(|| urn.to_string());
            json!({"urn": urn, "name": name, "tally": tally_json(&all)})
        })
        .collect();
    let report = quality::report(&looks);
    let lines = |groups: &std::collections::BTreeMap<String, quality::Quality>| -> Vec<_> {
        groups
            .iter()
            .map(|(name, found)| json!({"name": name, "quality": quality_json(found)}))
            .collect()
    };
    View::new(&app, &request, &allowed, "Progress")
        .with("year", year)
        .with("total", tally_json(&total))
        .with("schools", schools)
        .with("quality", quality_json(&report.all))
        .with("devices", lines(&report.by_device))
        .with("measurers", lines(&report.by_measurer))
        .with(
            "may_open_schools",
            allowed.session().may(Permission::Record),
        )
        .render("pages/measurement/progress.html")
}

fn quality_json(found: &quality::Quality) -> serde_json::Value {
    let share =
        |count: u32| (found.measured > 0).then(|| f64::from(count) / f64::from(found.measured));
    json!({
        "measured": found.measured,
        "whole_heights": share(found.whole_heights),
        "half_heights": share(found.half_heights),
        "whole_weights": share(found.whole_weights),
        "half_weights": share(found.half_weights),
        "extreme": share(found.extreme),
        "weekend": found.weekend,
        "august": found.august,
        "rounding": found.is_rounding(),
    })
}
