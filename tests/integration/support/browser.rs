//! A browser without JavaScript that fills forms by their labels, so that labels and form tokens
//! are tested all along.

use std::collections::BTreeMap;

use reqwest::blocking::{Client, multipart};
use scraper::{ElementRef, Html, Selector};

/// A browser: keeps cookies, follows redirects.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    address: String,
}

/// A page as it was answered, and what was typed into it since.
#[derive(Clone)]
pub(crate) struct Page {
    /// Status of the last answer.
    pub status: u16,
    /// Path (and query) of the last answer.
    pub url: String,
    /// The body.
    pub html: String,
    browser: Browser,
    typed: BTreeMap<String, Vec<String>>,
    file: Option<(String, String, Vec<u8>)>,
}

impl Browser {
    /// A browser of the service at an address, without a slash at the end.
    pub(crate) fn new(address: &str) -> Self {
        let client = Client::builder()
            .cookie_store(true)
            .no_proxy()
            .build()
            .unwrap();
        Self {
            client,
            address: address.to_owned(),
        }
    }

    /// A browser at a client's address, as a web server in front tells it.
    pub(crate) fn coming_from(address: &str, client: &str) -> Self {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("x-forwarded-for", client.parse().unwrap());
        let client = Client::builder()
            .cookie_store(true)
            .no_proxy()
            .default_headers(headers)
            .build()
            .unwrap();
        Self {
            client,
            address: address.to_owned(),
        }
    }

    /// Asks about a page as link checkers do: status, and how long its body is.
    pub(crate) fn head(&self, path: &str) -> (u16, usize) {
        let request = self.client.head(format!("{}{path}", self.address));
        let response = request.send().unwrap();
        let status = response.status().as_u16();
        (status, response.bytes().unwrap().len())
    }

    /// Goes to a page.
    pub(crate) fn get(&self, path: &str) -> Page {
        let response = self
            .client
            .get(format!("{}{path}", self.address))
            .send()
            .unwrap();
        self.page(response)
    }

    /// Fetches a file: status, file name, bytes.
    pub(crate) fn download(&self, path: &str) -> (u16, String, Vec<u8>) {
        let response = self
            .client
            .get(format!("{}{path}", self.address))
            .send()
            .unwrap();
        let name = response
            .headers()
            .get("content-disposition")
            .and_then(|value| {
                value
                    .to_str()
                    .ok()?
                    .split("filename=")
                    .nth(1)
                    .map(str::to_owned)
            })
            .unwrap_or_default();
        (
            response.status().as_u16(),
            name.trim_matches('"').to_owned(),
            response.bytes().unwrap().to_vec(),
        )
    }

    /// Sends a form as it is, without a page: for what no page would send.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let response = self
            .client
            .post(format!("{}{path}", self.address))
            .form(fields)
            .send()
            .unwrap();
        self.page(response)
    }

    /// Sends a form with a header of the browser's.
    pub(crate) fn post_with_header(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        header: (&str, &str),
    ) -> Page {
        let request = self
            .client
            .post(format!("{}{path}", self.address))
            .header(header.0, header.1);
        self.page(request.form(fields).send().unwrap())
    }

    fn page(&self, response: reqwest::blocking::Response) -> Page {
        let status = response.status().as_u16();
        let url = response
            .url()
            .as_str()
            .trim_start_matches(&self.address)
            .to_owned();
        let page = Page {
            status,
            url,
            html: String::from_utf8_lossy(&response.bytes().unwrap()).into_owned(),
            browser: self.clone(),
            typed: BTreeMap::new(),
            file: None,
        };
        // A page that shows how far some work is is asked again until the work
        // is done; the server waits a moment each time.
        match page.document().select(&selector("#progress-link")).next() {
            Some(link) => self.get(link.attr("href").unwrap()),
            None => page,
        }
    }
}

impl Page {
    /// Insists on a status.
    #[track_caller]
    pub(crate) fn status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text());
        self
    }

    /// The words on the page, single-spaced.
    pub(crate) fn text(&self) -> String {
        let document = self.document();
        let main = selector("main");
        let body = selector("body");
        let root = document
            .select(&main)
            .next()
            .or_else(|| document.select(&body).next());
        root.map_or_else(|| self.html.clone(), words)
    }

    /// Whether the page says this.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// Insists that the page says this.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(
            self.says(text),
            "the page does not say “{text}”: {}",
            self.text()
        );
        self
    }

    /// The texts of everything that matches a CSS selector.
    pub(crate) fn all(&self, css: &str) -> Vec<String> {
        self.document().select(&selector(css)).map(words).collect()
    }

    /// The words and the address of every link that matches a CSS selector.
    pub(crate) fn links(&self, css: &str) -> Vec<(String, String)> {
        let document = self.document();
        let links = selector(css);
        document
            .select(&links)
            .filter_map(|link| Some((words(link), link.attr("href")?.to_owned())))
            .collect()
    }

    /// The number that a list says it holds, or that the part of the page says which `href` leads
    /// to.
    pub(crate) fn count_shown(&self, href: &str) -> Option<i64> {
        let css = match href.split_once('#') {
            Some((_, id)) => format!("#{id}[data-count]"),
            None => "main [data-count]".to_owned(),
        };
        let document = self.document();
        let shown = document.select(&selector(&css)).next()?;
        shown.attr("data-count")?.parse().ok()
    }

    /// Where the first link with this text leads.
    #[track_caller]
    pub(crate) fn link(&self, text: &str) -> String {
        let document = self.document();
        let found = document
            .select(&selector("a[href]"))
            .find(|link| words(*link) == text);
        let link =
            found.unwrap_or_else(|| panic!("no link “{text}” on {}: {}", self.url, self.text()));
        link.attr("href").unwrap().to_owned()
    }

    /// Follows the first link with this text.
    #[track_caller]
    pub(crate) fn follow(&self, text: &str) -> Self {
        self.browser.get(&self.link(text))
    }

    /// Types into the field with this label; ticks the box or chooses the radio button with it.
    #[track_caller]
    pub(crate) fn fill(mut self, label: &str, value: &str) -> Self {
        let (name, fixed) = self.field(label);
        self.typed
            .insert(name, vec![fixed.unwrap_or_else(|| value.to_owned())]);
        self
    }

    /// Ticks the box or chooses the radio button with this label.
    #[track_caller]
    pub(crate) fn choose(self, label: &str) -> Self {
        self.fill(label, "")
    }

    /// Types into a field by its name: where one label serves many rows.
    pub(crate) fn fill_named(mut self, name: &str, value: &str) -> Self {
        self.typed.insert(name.to_owned(), vec![value.to_owned()]);
        self
    }

    /// Chooses a file in the field with this label.
    #[track_caller]
    pub(crate) fn attach(mut self, label: &str, file_name: &str, bytes: &[u8]) -> Self {
        let (name, _) = self.field(label);
        self.file = Some((name, file_name.to_owned(), bytes.to_vec()));
        self
    }

    /// Presses the first button with this text: sends its form with everything that stands in it.
    #[track_caller]
    pub(crate) fn press(&self, button: &str) -> Self {
        let document = self.document();
        let pressed = document
            .select(&selector("button, input[type=submit]"))
            .find(|element| words(*element) == button || element.attr("value") == Some(button))
            .unwrap_or_else(|| panic!("no button “{button}” on {}: {}", self.url, self.text()));
        self.send(pressed)
    }

    /// The forms in the page's own part that are posted: where to, and what stands in each.
    pub(crate) fn forms(&self) -> Vec<(String, Vec<(String, String)>)> {
        self.document()
            .select(&selector("main form[method=post]"))
            .map(|form| {
                let action = form.attr("action").filter(|action| !action.is_empty());
                (action.unwrap_or(&self.url).to_owned(), standing_in(form))
            })
            .collect()
    }

    /// Sends a form that the page does not have, with the session's token: for what only a tampered
    /// page would send.
    #[track_caller]
    pub(crate) fn send_to(&self, path: &str, fields: &[(&str, &str)]) -> Self {
        let token = self
            .document()
            .select(&selector("input[name=csrf]"))
            .next()
            .and_then(|field| field.attr("value").map(str::to_owned))
            .unwrap_or_else(|| panic!("{} has no form: {}", self.url, self.text()));
        let mut fields = fields.to_vec();
        fields.push(("csrf", &token));
        self.browser.post(path, &fields)
    }

    /// Presses the first button that matches a CSS selector.
    #[track_caller]
    pub(crate) fn press_css(&self, css: &str) -> Self {
        let document = self.document();
        let pressed = document
            .select(&selector(css))
            .next()
            .unwrap_or_else(|| panic!("no button {css} on {}: {}", self.url, self.text()));
        self.send(pressed)
    }

    fn send(&self, pressed: ElementRef<'_>) -> Self {
        let document = self.document();
        let elsewhere = pressed.attr("form").and_then(|id| {
            document
                .select(&selector("form[id]"))
                .find(|form| form.attr("id") == Some(id))
        });
        let form = pressed
            .ancestors()
            .filter_map(ElementRef::wrap)
            .find(|element| element.value().name() == "form")
            .or(elsewhere)
            .unwrap_or_else(|| panic!("a button stands in no form on {}", self.url));
        let mut fields = standing_in(form);
        for (name, values) in &self.typed {
            fields.retain(|(other, _)| other != name);
            fields.extend(values.iter().map(|value| (name.clone(), value.clone())));
        }
        if let Some(name) = pressed.attr("name") {
            fields.push((
                name.to_owned(),
                pressed.attr("value").unwrap_or_default().to_owned(),
            ));
        }
        let action = pressed
            .attr("formaction")
            .or_else(|| form.attr("action"))
            .filter(|action| !action.is_empty());
        let target = format!("{}{}", self.browser.address, action.unwrap_or(&self.url));
        let client = &self.browser.client;
        let request = if form
            .attr("method")
            .is_some_and(|method| method.eq_ignore_ascii_case("post"))
        {
            if form.attr("enctype") == Some("multipart/form-data") {
                let mut parts = multipart::Form::new();
                for (name, value) in fields {
                    parts = parts.text(name, value);
                }
                if let Some((name, file_name, bytes)) = &self.file {
                    let part = multipart::Part::bytes(bytes.clone()).file_name(file_name.clone());
                    parts = parts.part(name.clone(), part);
                }
                client.post(target).multipart(parts)
            } else {
                client.post(target).form(&fields)
            }
        } else {
            client.get(target).query(&fields)
        };
        self.browser.page(request.send().unwrap())
    }

    /// The name of the labelled field and, for boxes and radio buttons, the value it stands for.
    #[track_caller]
    fn field(&self, label: &str) -> (String, Option<String>) {
        let document = self.document();
        let found = document
            .select(&selector("label[for]"))
            .find(|element| words(*element) == label)
            .unwrap_or_else(|| panic!("no field “{label}” on {}: {}", self.url, self.text()));
        let id = found.attr("for").unwrap();
        let field = document
            .select(&selector("[id]"))
            .find(|element| element.attr("id") == Some(id))
            .unwrap_or_else(|| panic!("the label “{label}” belongs to no field"));
        let fixed = matches!(field.attr("type"), Some("radio" | "checkbox"))
            .then(|| field.attr("value").unwrap_or("on").to_owned());
        (
            field
                .attr("name")
                .expect("a field without a name")
                .to_owned(),
            fixed,
        )
    }

    fn document(&self) -> Html {
        Html::parse_document(&self.html)
    }
}

/// What a browser would send of a form nobody touched.
fn standing_in(form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for element in form.select(&selector("input[name], textarea[name], select[name]")) {
        let name = element.attr("name").unwrap_or_default().to_owned();
        match (
            element.value().name(),
            element.attr("type").unwrap_or("text"),
        ) {
            ("input", "radio" | "checkbox") if element.attr("checked").is_none() => {}
            ("input", "file" | "submit" | "button") => {}
            ("input", "radio" | "checkbox") => {
                fields.push((name, element.attr("value").unwrap_or("on").to_owned()));
            }
            ("select", _) => {
                let options: Vec<_> = element.select(&selector("option")).collect();
                let chosen = options
                    .iter()
                    .find(|option| option.attr("selected").is_some())
                    .or(options.first());
                if let Some(option) = chosen {
                    let text: String = option.text().collect();
                    fields.push((name, option.attr("value").map_or(text, str::to_owned)));
                }
            }
            ("textarea", _) => fields.push((name, element.text().collect())),
            _ => fields.push((name, element.attr("value").unwrap_or_default().to_owned())),
        }
    }
    fields
}

fn words(element: ElementRef<'_>) -> String {
    element
        .text()
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}
