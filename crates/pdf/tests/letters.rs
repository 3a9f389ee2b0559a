//! The letters as they are sent: what a screen reader, an archive and a parent
//! find in them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use chrono::NaiveDate;
use hayro_syntax::Pdf;
use hayro_syntax::object::{self, Dict, Name};
use pdf::{Document, Problem, RenderError, SetupError, Template, Typesetter};
use serde_json::{Value, json};

fn typesetter() -> Typesetter {
    Typesetter::new([]).unwrap()
}

fn result_template() -> Template {
    template(include_str!("../../../templates/letters/result.typ"))
}

fn not_measured_template() -> Template {
    template(include_str!("../../../templates/letters/not_measured.typ"))
}

fn template(text: &str) -> Template {
    let letterhead = include_str!("../../../templates/letters/letterhead.typ");
    Template::new(text, &[("letterhead.typ", letterhead)]).unwrap()
}

fn plain(text: &str) -> Template {
    Template::new(text, &[]).unwrap()
}

fn result_data() -> Value {
    serde_json::from_str(include_str!("data/result.json")).unwrap()
}

fn document() -> Document<'static> {
    Document {
        title: "Height and weight result",
        author: "Northbridge School Nursing Service",
        language: "en-GB",
        date: NaiveDate::from_ymd_opt(2026, 6, 5).unwrap(),
    }
}

/// Streams are compressed; structure and metadata that a test asks for are in
/// plain objects, or in the XMP packet, which is never compressed.
fn contains(pdf: &[u8], needle: &str) -> bool {
    pdf.windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn a_result_letter_is_pdf_ua_1_and_pdf_a_2a_at_once() {
    let pdf = typesetter()
        .render(&result_template(), &result_data(), &document())
        .unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert!(contains(&pdf, "<pdfuaid:part>1</pdfuaid:part>"));
    assert!(contains(&pdf, "<pdfaid:part>2</pdfaid:part>"));
    assert!(contains(&pdf, "<pdfaid:conformance>A</pdfaid:conformance>"));
    assert!(contains(&pdf, "Height and weight result"));
}

#[test]
fn what_the_typesetter_would_not_miss_is_there_all_the_same() {
    let structure = Structure::of(
        &typesetter()
            .render(&result_template(), &result_data(), &document())
            .unwrap(),
    );
    assert_eq!(structure.language.as_deref(), Some("en-GB"));
    assert_eq!(
        structure.alternatives.len(),
        1,
        "one picture, one description"
    );
    assert!(structure.alternatives[0].contains("76th centile"));
    assert_eq!(structure.count("TH"), 2, "a header row of two columns");
    assert_eq!(structure.count("TR"), 8);
    assert_eq!(structure.count("H1"), 1);
    assert_eq!(structure.count("H2"), 3);
}

#[test]
fn a_letter_about_a_child_who_was_not_measured_has_no_table_and_no_picture() {
    let data: Value = serde_json::from_str(include_str!("data/not_measured.json")).unwrap();
    let pdf = typesetter()
        .render(&not_measured_template(), &data, &document())
        .unwrap();
    let structure = Structure::of(&pdf);
    assert_eq!(structure.language.as_deref(), Some("en-GB"));
    assert_eq!(
        (structure.count("Table"), structure.count("Figure")),
        (0, 0)
    );
}

#[test]
fn the_picture_can_be_left_out() {
    let mut data = result_data();
    data["picture"] = Value::Null;
    let pdf = typesetter()
        .render(&result_template(), &data, &document())
        .unwrap();
    assert_eq!(Structure::of(&pdf).count("Figure"), 0);
}

#[test]
fn a_result_at_either_end_of_the_scale_still_fits() {
    for position in [0, 1] {
        let mut data = result_data();
        data["picture"]["position"] = json!(position);
        typesetter()
            .render(&result_template(), &data, &document())
            .unwrap();
    }
}

#[test]
fn the_same_letter_is_the_same_bytes() {
    let (one, other) = (typesetter(), typesetter());
    let first = one
        .render(&result_template(), &result_data(), &document())
        .unwrap();
    let mut data = result_data();
    data["greeting"] = json!("Dear Mr Jones");
    let between = one.render(&result_template(), &data, &document()).unwrap();
    assert_ne!(first, between);
    assert_eq!(
        first,
        one.render(&result_template(), &result_data(), &document())
            .unwrap()
    );
    assert_eq!(
        first,
        other
            .render(&result_template(), &result_data(), &document())
            .unwrap()
    );
}

#[test]
fn threads_share_a_typesetter() {
    let typesetter = typesetter();
    let template = result_template();
    let expected = typesetter
        .render(&template, &result_data(), &document())
        .unwrap();
    std::thread::scope(|scope| {
        let made: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    typesetter
                        .render(&template, &result_data(), &document())
                        .unwrap()
                })
            })
            .collect();
        for thread in made {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn markup_in_a_name_stays_text() {
    let name = "#panic(\"no\") *Zara* $x$ = _K_ `r` \\ @a <b> // c";
    let mut data = result_data();
    data["recipient"]["name"] = json!(name);
    data["result"]["rows"][0][1] = json!(name);
    let typesetter = typesetter();
    typesetter
        .render(&result_template(), &data, &document())
        .unwrap();
    // The length shows that it is taken letter by letter.
    let shown = plain(
        "#let data = json(\"/data.json\")\n#assert(data.name.len() == data.length)\n= #data.name",
    );
    let data = json!({"name": name, "length": name.len()});
    typesetter.render(&shown, &data, &document()).unwrap();
}

#[test]
fn names_in_arabic_greek_cyrillic_and_with_accents_are_set() {
    let typesetter = typesetter();
    for name in [
        "محمد عبد الله",
        "زهرا",
        "Ωμέγα Παπαδοπούλου",
        "Łukasz Żółć",
        "Шевченко",
        "Nguyễn Thị Ánh",
        "Zoe\u{308}",
        "आरव",
    ] {
        assert_eq!(
            typesetter.missing_glyphs(name),
            Vec::<char>::new(),
            "{name}"
        );
        let mut data = result_data();
        data["result"]["rows"][0][1] = json!(name);
        data["subject"] = json!(name);
        data["recipient"]["name"] = json!(name);
        typesetter
            .render(&result_template(), &data, &document())
            .unwrap();
    }
}

#[test]
fn a_letter_in_a_language_written_from_right_to_left_is_set() {
    let arabic = Document {
        language: "ar",
        ..document()
    };
    let pdf = typesetter()
        .render(&result_template(), &result_data(), &arabic)
        .unwrap();
    assert_eq!(Structure::of(&pdf).language.as_deref(), Some("ar"));
}

#[test]
fn a_character_without_a_glyph_is_refused_and_never_a_box() {
    let typesetter = typesetter();
    assert_eq!(typesetter.missing_glyphs("Zara 🦄 木 🦄"), vec!['🦄', '木']);
    assert_eq!(
        typesetter.missing_glyphs("\u{e000}"),
        vec!['\u{e000}'],
        "private use"
    );
    assert_eq!(
        typesetter.missing_glyphs("a\u{200d}b\u{a0}c\nd"),
        Vec::<char>::new()
    );
    let mut data = result_data();
    data["recipient"]["address"][1] = json!("27 Orchard Street 🦄");
    let error = typesetter
        .render(&result_template(), &data, &document())
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("U+1F984") && message.contains("recipient.address[1]"),
        "{message}"
    );
    assert!(!message.contains("Orchard"), "{message}");
}

#[test]
fn a_template_that_breaks_on_a_value_does_not_quote_the_value() {
    let typesetter = typesetter();
    for text in [
        "#let data = json(\"/data.json\")\n= T\n#panic(data.name)",
        "#let data = json(\"/data.json\")\n= T\n#assert(false, message: data.name)",
        "#let data = json(\"/data.json\")\n= T\n#int(data.name)",
        "#let data = json(\"/data.json\")\n= T\n#data.at(data.name)",
        "#let data = json(\"/data.json\")\n= T\n#if data.name != \"x\" { panic(data.name) }",
        "#let data = json(\"/data.json\")\n= T\n#json(data.name)",
        "#let data = json(\"/data.json\")\n= T\n#image(data.name)",
    ] {
        let data = json!({"name": "Zara Khan"});
        let error = typesetter
            .render(&plain(text), &data, &document())
            .unwrap_err();
        let RenderError::Template(problems) = &error else {
            panic!("{error}")
        };
        assert_eq!(problems[0].line, Some(3), "{error}");
        for shown in [format!("{error}"), format!("{error:?}")] {
            assert!(
                !shown.contains("Zara") && !shown.contains("Khan"),
                "{shown}"
            );
        }
    }
}

#[test]
fn a_fault_of_the_template_is_named_with_its_line() {
    let unknown = typesetter()
        .render(&plain("= Title\n\n#nonsense"), &json!({}), &document())
        .unwrap_err();
    assert_eq!(
        unknown,
        RenderError::Template(vec![Problem {
            file: Some("letter.typ".to_owned()),
            line: Some(3),
            message: "unknown variable: nonsense".to_owned(),
        }])
    );
    let syntax = Template::new("= Title\n#(", &[("part.typ", "#{")]).unwrap_err();
    let places: Vec<_> = syntax
        .iter()
        .map(|problem| (problem.file.as_deref(), problem.line))
        .collect();
    assert_eq!(
        places,
        vec![(Some("letter.typ"), Some(2)), (Some("part.typ"), Some(1))]
    );
}

#[test]
fn a_template_that_would_not_be_accessible_is_refused() {
    let error = typesetter()
        .render(&plain("= One\n=== Three"), &json!({}), &document())
        .unwrap_err();
    assert!(matches!(error, RenderError::Standards(_)), "{error}");
}

#[test]
fn templates_see_no_files_and_no_packages() {
    for text in [
        "#read(\"/etc/passwd\")",
        "#read(\"../../etc/passwd\")",
        "#import \"@preview/example:0.1.0\": add",
        "#include \"/main.typ\"",
    ] {
        let outcome = typesetter().render(&plain(text), &json!({}), &document());
        assert!(matches!(outcome, Err(RenderError::Template(_))), "{text}");
    }
}

#[test]
fn a_further_font_that_is_none_is_refused_by_its_position() {
    let outcome = Typesetter::new([b"not a font".to_vec()]).map(|_| ());
    assert_eq!(outcome, Err(SetupError::Font(0)));
}

#[test]
fn a_language_that_is_no_code_is_refused() {
    for language in ["English", "", "en_GB", "EN", "en-gb"] {
        let document = Document {
            language,
            ..document()
        };
        let outcome = typesetter().render(&plain("= T"), &json!({}), &document);
        assert_eq!(outcome, Err(RenderError::Language), "{language}");
    }
}

/// The tags of a PDF, read back out of its bytes.
struct Structure {
    language: Option<String>,
    roles: Vec<String>,
    alternatives: Vec<String>,
}

impl Structure {
    fn of(pdf: &[u8]) -> Self {
        let pdf = Pdf::new(pdf.to_vec()).unwrap();
        let catalog: Dict<'_> = pdf.xref().get(pdf.xref().root_id()).unwrap();
        let tagged: Dict<'_> = catalog.get("MarkInfo").unwrap();
        assert_eq!(tagged.get::<bool>("Marked"), Some(true));
        let mut structure = Self {
            language: catalog.get("Lang").map(text),
            roles: Vec::new(),
            alternatives: Vec::new(),
        };
        for object in pdf.objects() {
            let Some(element) = object.into_dict() else {
                continue;
            };
            let role = element.get::<Name<'_>>("S");
            if let (Some(role), true) = (role, element.contains_key("P")) {
                structure.roles.push(role.as_str().to_owned());
                structure.alternatives.extend(element.get("Alt").map(text));
            }
        }
        structure
    }

    fn count(&self, role: &str) -> usize {
        self.roles.iter().filter(|found| *found == role).count()
    }
}

/// A text string: UTF-16 after a byte order mark, otherwise single bytes.
fn text(string: object::String<'_>) -> String {
    match string.as_bytes() {
        [0xFE, 0xFF, units @ ..] => {
            let units: Vec<u16> = units
                .chunks(2)
                .map(|unit| u16::from_be_bytes([unit[0], unit[1]]))
                .collect();
            String::from_utf16(&units).unwrap()
        }
        bytes => bytes.iter().copied().map(char::from).collect(),
    }
}
