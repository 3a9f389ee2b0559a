//! The class list sent as one form, as a browser without a script does: one button saves what was typed in every row.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};

use super::class::{Left, render_sheet, save_alone};
use super::filter::Filter;
use super::row::{Saved, kept, not_recorded};
use crate::access::needs;
use crate::app::App;
use crate::error::{AppError, bad_request};
use crate::measurement::sheet;
use crate::web::{Allowed, FormData, Submitted, redirect};

/// Fields of a row; in the form of the list each name is followed by a hyphen and the child's number.
const FIELDS: [&str; 8] = [
    "version",
    "again",
    "height",
    "weight",
    "reason",
    "kept_on",
    "kept_device",
    "kept_by",
];

/// One row of the form.
struct Sent {
    id: i64,
    /// The row as it is saved alone.
    form: FormData,
    /// The button of this row that was pressed; empty when it was another row's or the list's.
    pressed: String,
    /// Whether the fields no longer show what the page put into them.
    is_typed: bool,
}

impl Sent {
    fn of(list: &FormData, id: i64) -> Self {
        let mut form = FormData::default();
        for name in FIELDS {
            let field = format!("{name}-{id}");
            if list.has(&field) {
                form.put(name, list.text(&field));
            }
        }
        for name in ["on", "device"] {
            form.put(name, list.text(name));
        }
        let pressed = list.text(&format!("action-{id}")).to_owned();
        form.put("action", &pressed);
        let shown = sheet::as_one_text(
            form.text("height"),
            form.text("weight"),
            form.text("reason"),
            &kept(&form),
        );
        Self {
            is_typed: shown != list.text(&format!("was-{id}")),
            id,
            form,
            pressed,
        }
    }

    /// Whether there is anything to save or to do in the row.
    fn is_to_be_saved(&self) -> bool {
        match self.pressed.as_str() {
            "" | "keep" => self.is_typed,
            "again" => false,
            _ => true,
        }
    }
}

fn rows_of(list: &FormData) -> Vec<Sent> {
    list.with_prefix("version-")
        .filter_map(|(id, _)| Some(Sent::of(list, id.parse().ok()?)))
        .collect()
}

/// Saves every row that was typed in, each by itself, and does what the pressed button says.
pub async fn record_list(
    allowed: Allowed<needs::Record>,
    app: web::Data<App>,
    request: HttpRequest,
    urn: web::Path<i32>,
    form: Submitted,
) -> Result<HttpResponse, AppError> {
    let Submitted(list) = form;
    let urn = *urn;
    let mut filter = filter_of(&list, &app)?;
    let mut left = BTreeMap::new();
    let mut place = None;
    for sent in rows_of(&list) {
        let id = sent.id;
        if sent.pressed == "again" {
            filter.again = Some(id);
            if sent.is_typed {
                let typed = typed_before_measuring_again(&sent.form);
                left.insert(id, Left::Problem(Box::new(typed)));
            }
        }
        if !sent.pressed.is_empty() || (place.is_none() && sent.is_to_be_saved()) {
            place = Some(id);
        }
        if sent.is_to_be_saved() {
            match save_alone(&allowed, &app, urn, id, sent.form.clone()).await {
                Ok(Saved::Done) => {}
                Ok(Saved::Refused(problem, _)) => {
                    left.insert(id, Left::Problem(problem));
                }
                Ok(Saved::Ask(question)) => {
                    left.insert(id, Left::Question(question));
                }
                Err(AppError::NotFound) => {
                    let gone = "This child is no longer on the list of this school.".to_owned();
                    left.insert(id, Left::Problem(Box::new(not_recorded(&sent.form, gone))));
                }
                Err(error) => return Err(error),
            }
        }
    }
    if !left.is_empty() {
        return render_sheet(&allowed, &app, &request, urn, filter, left).await;
    }
    let again = filter.again.map(|id| format!("&again={id}"));
    if list.is_set("update") {
        filter.class = Some(list.text("class").to_owned());
        place = None;
    }
    let place = place.map(|id| format!("#row-{id}"));
    Ok(redirect(&format!(
        "/schools/{urn}/record?{}{}{}",
        filter.query(),
        again.unwrap_or_default(),
        place.unwrap_or_default()
    )))
}

/// The list that the form was sent from, with the date and the device that it showed.
fn filter_of(list: &FormData, app: &App) -> Result<Filter, AppError> {
    let mut filter = web::Query::<Filter>::from_query(list.text("back"))
        .map_err(|_| bad_request("The list that the rows belong to cannot be read."))?
        .into_inner();
    let on = list.text("on");
    filter.on = (on != app.clock.today().to_string()).then(|| on.to_owned());
    filter.device = Some(list.text("device").to_owned());
    Ok(filter)
}

/// Figures that stood in a row when "Measure again" was pressed: they may be the new ones.
fn typed_before_measuring_again(form: &FormData) -> sheet::Problem {
    sheet::Problem {
        again: true,
        kept: None,
        ..not_recorded(
            form,
            "Not saved yet. Save the row to record these figures as a new measurement.".to_owned(),
        )
    }
}
