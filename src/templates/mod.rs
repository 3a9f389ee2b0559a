//! Pages and mails from templates that are embedded in the binary.
//!
//! Every template is parsed when the program starts, so
//! a template, component, filter or function that does not exist stops it
//! there. A variable that a page forgot to hand over is an error when that
//! page is rendered, never an empty place.

pub mod assets;
mod filters;

use anyhow::Context as _;
use rust_embed::RustEmbed;
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera, TeraResult};

/// Everything under `templates/`; only `.html` and `.txt` are Tera's.
#[derive(RustEmbed)]
#[folder = "templates/"]
struct Sources;

/// The parsed templates; made once, shared by all requests.
#[derive(Debug)]
pub struct Templates(Tera);

impl Templates {
    /// Parses all embedded templates.
    ///
    /// A mistake in any of them is an error that names the template and line.
    pub fn new() -> anyhow::Result<Self> {
        Self::parse(Vec::new())
    }

    /// Parses the embedded templates and `more`, pairs of name and text.
    fn parse(more: Vec<(String, String)>) -> anyhow::Result<Self> {
        let mut tera = Tera::new();
        filters::register(&mut tera);
        tera.register_function("asset", asset);
        let mut sources = more;
        for name in Sources::iter().filter(|name| is_template(name)) {
            let file = Sources::get(&name).with_context(|| format!("template {name} is gone"))?;
            let text = String::from_utf8(file.data.into_owned())
                .with_context(|| format!("template {name} is not UTF-8"))?;
            sources.push((name.into_owned(), text));
        }
        tera.add_raw_templates(sources)
            .context("a template cannot be used")?;
        Ok(Self(tera))
    }

    /// The names of all templates, as `pages/home.html`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.get_template_names()
    }
}

/// Renders the template `name` (its path under `templates/`) with `context`,
/// which must serialise as a map.
///
/// In `.html` templates values are escaped, in `.txt` ones they are not.
pub fn render(
    templates: &Templates,
    name: &str,
    context: impl Serialize,
) -> anyhow::Result<String> {
    let context = Context::from_serialize(&context)
        .with_context(|| format!("what {name} is given is not a map"))?;
    templates
        .0
        .render(name, &context)
        .with_context(|| format!("template {name} cannot be rendered"))
}

/// Whether an embedded file is for Tera (letters are typeset by another engine).
fn is_template(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "html" | "txt")))
}

/// `asset(name="stature.css")`: the address of an embedded style, script or picture.
fn asset(arguments: Kwargs, _: &State) -> TeraResult<String> {
    let name: &str = arguments.must_get("name")?;
    assets::address(name)
        .ok_or_else(|| tera::Error::message(format!("no file {name} is embedded as an asset")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::{Html, Selector};
    use serde_json::json;

    /// What the layout is given for a signed-in nurse.
    fn layout() -> serde_json::Value {
        json!({
            "service_name": "Stature",
            "title": "Class list",
            "actor": {"id": 7, "name": "Nia Okafor", "role_label": "Nurse"},
            "navigation": [
                {"label": "Home", "href": "/", "current": false},
                {"label": "Schools", "href": "/schools", "current": true}
            ],
            "csrf": "token",
            "submission": "once",
            "flash": {"kind": "success", "text": "Saved <b>now</b>"},
            "request_path": "/schools",
            "idle_warning_seconds": 780,
            "may_be_found": false
        })
    }

    /// Renders `body` as the content of a page with an optional form.
    fn page(body: &str, form: Option<serde_json::Value>) -> anyhow::Result<Html> {
        let text = format!(
            "{{% extends \"layout.html\" %}}{{% block content %}}{body}{{% endblock content %}}"
        );
        let templates = Templates::parse(vec![("blank.html".to_owned(), text)])?;
        let mut context = json!({"layout": layout()});
        if let Some(form) = form {
            context["form"] = form;
        }
        Ok(Html::parse_document(&render(
            &templates,
            "blank.html",
            context,
        )?))
    }

    /// The one element that `selector` finds.
    fn one<'a>(html: &'a Html, selector: &str) -> scraper::ElementRef<'a> {
        let parsed = Selector::parse(selector).expect("a selector");
        let mut found = html.select(&parsed);
        let first = found
            .next()
            .unwrap_or_else(|| panic!("nothing is {selector}"));
        assert!(found.next().is_none(), "more than one is {selector}");
        first
    }

    /// An element's text with its white space made single.
    fn words(element: scraper::ElementRef) -> String {
        let text: String = element.text().collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_template_parses() {
        let templates = Templates::new().expect("all templates parse");
        assert!(templates.names().any(|name| name == "layout.html"));
    }

    #[test]
    fn a_template_that_names_an_unknown_component_is_refused_at_start() {
        let error = Templates::parse(vec![("blank.html".into(), "{{ <nonesuch /> }}".into())])
            .expect_err("must be refused");
        assert!(format!("{error:#}").contains("nonesuch"), "{error:#}");
    }

    #[test]
    fn the_layout_shows_who_is_signed_in_where_they_are_and_how_to_leave() {
        let html = page("<h1>Class list</h1>", None).expect("renders");
        assert_eq!(words(one(&html, "title")), "Class list - Stature");
        assert_eq!(words(one(&html, "nav [aria-current=page]")), "Schools");
        assert_eq!(
            one(&html, "header form[action='/sign-out'] input[name=csrf]").attr("value"),
            Some("token")
        );
        assert!(words(one(&html, "header")).contains("Nia Okafor (Nurse)"));
        assert_eq!(one(&html, "a.nhsuk-skip-link").attr("href"), Some("#main"));
        assert_eq!(one(&html, "main").attr("id"), Some("main"));
    }

    #[test]
    fn a_message_in_the_layout_is_escaped() {
        let html = page("", None).expect("renders");
        assert!(
            words(one(&html, ".nhsuk-notification-banner__content")).contains("Saved <b>now</b>")
        );
    }

    #[test]
    fn a_field_with_an_error_keeps_what_was_typed_and_points_to_the_message() {
        let form = json!({
            "values": {"email": ["nia@"]},
            "errors": [{"field": "email", "message": "Enter a whole email address"}]
        });
        let html = page(
            "{{ <ui.error_summary /> }}{{ <field.text name=\"email\" label=\"Email address\" hint=\"Work address\" type=\"email\" /> }}",
            Some(form),
        )
        .expect("renders");
        let input = one(&html, "input#email");
        assert_eq!(input.attr("value"), Some("nia@"));
        assert_eq!(input.attr("type"), Some("email"));
        assert_eq!(
            input.attr("aria-describedby"),
            Some("email-hint email-error")
        );
        assert_eq!(
            words(one(&html, "#email-error")),
            "Error: Enter a whole email address"
        );
        assert_eq!(words(one(&html, "label[for=email]")), "Email address");
        assert_eq!(
            words(one(&html, ".nhsuk-error-summary a[href='#email']")),
            "Enter a whole email address"
        );
        assert!(words(one(&html, "title")).starts_with("Error: "));
    }

    #[test]
    fn a_date_is_three_fields_and_its_error_leads_to_the_first() {
        let form = json!({
            "values": {"day-day": ["31"], "day-month": ["2"], "day-year": ["2027"]},
            "errors": [{"field": "day-day", "message": "There is no such day"}]
        });
        let html = page(
            "{{ <ui.error_summary /> }}{{ <field.date name=\"day\" legend=\"Day of the visit\" /> }}",
            Some(form),
        )
        .expect("renders");
        assert_eq!(one(&html, "input#day-day").attr("value"), Some("31"));
        assert_eq!(one(&html, "input[name=day-month]").attr("value"), Some("2"));
        assert_eq!(
            one(&html, "input[name=day-year]").attr("value"),
            Some("2027")
        );
        one(&html, ".nhsuk-error-summary a[href='#day-day']");
    }

    #[test]
    fn choices_show_the_one_submitted_rather_than_the_one_stored() {
        let body = "{{ <field.radios name=\"sex\" legend=\"Sex\" value=\"F\" items={[{\"value\": \"F\", \"text\": \"Female\"}, {\"value\": \"M\", \"text\": \"Male\"}]} /> }}\
            {{ <field.select name=\"year\" label=\"Year group\" value=\"6\" items={[{\"value\": \"R\", \"text\": \"Reception\"}, {\"value\": \"6\", \"text\": \"Year 6\"}]} /> }}\
            {{ <field.checkboxes name=\"flags\" legend=\"Flags\" value={[\"a\"]} items={[{\"value\": \"a\", \"text\": \"A\"}, {\"value\": \"b\", \"text\": \"B\"}]} /> }}";
        let stored = page(body, None).expect("renders");
        assert_eq!(
            one(&stored, "input[type=radio][checked]").attr("value"),
            Some("F")
        );
        assert_eq!(one(&stored, "option[selected]").attr("value"), Some("6"));
        assert_eq!(
            one(&stored, "input[type=checkbox][checked]").attr("value"),
            Some("a")
        );
        let form = json!({"values": {"sex": ["M"], "year": ["R"]}, "errors": []});
        let submitted = page(body, Some(form)).expect("renders");
        assert_eq!(
            one(&submitted, "input[type=radio][checked]").attr("value"),
            Some("M")
        );
        assert_eq!(one(&submitted, "option[selected]").attr("value"), Some("R"));
        let boxes = Selector::parse("input[type=checkbox][checked]").expect("a selector");
        assert_eq!(submitted.select(&boxes).count(), 0, "both were unticked");
    }

    #[test]
    fn a_form_carries_the_token_and_a_page_number_keeps_the_filters() {
        let html = page(
            "{% <form.post action=\"/visits\"> %}{{ <ui.button text=\"Save\" /> }}{% </form.post> %}\
             {{ <ui.pagination page={2} pages={9} href=\"/children?q=a%26b&page=\" /> }}",
            None,
        )
        .expect("renders");
        for (name, value) in [("csrf", "token"), ("submission", "once")] {
            let field = format!("form[action='/visits'] input[name={name}]");
            assert_eq!(one(&html, &field).attr("value"), Some(value));
        }
        assert_eq!(
            one(&html, "a[rel=next]").attr("href"),
            Some("/children?q=a%26b&page=3")
        );
        assert_eq!(
            words(one(&html, ".nhsuk-pagination [aria-current=page]")),
            "2"
        );
    }

    #[test]
    fn a_status_has_its_words_and_colour_from_the_one_table() {
        let html = page("{{ <ui.status state=\"no_contact\" /> }}", None).expect("renders");
        assert_eq!(words(one(&html, ".nhsuk-tag")), "No usable contact");
        let error = page("{{ <ui.status state=\"nonesuch\" /> }}", None).expect_err("unknown");
        assert!(format!("{error:#}").contains("nonesuch"));
    }
}
