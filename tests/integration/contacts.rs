//! Whom figures are announced to.

use rstest::rstest;
use stature::access::Role;

use crate::support::TestApp;

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_administrator_sets_and_forgets_the_contacts_of_schools_and_authorities(
    #[case] test: TestApp,
) {
    test.school(900_101, "999");
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = browser
        .get("/contacts")
        .fill_named("contact-school-900101", " office@school.example.org. ")
        .fill_named("contact-la-999", "figures@la.example.org")
        .press("Save the contacts");
    assert!(
        page.text().contains("2 contacts were changed"),
        "{}",
        page.text()
    );
    assert!(page.html.contains("office@school.example.org\""));
    let page = page
        .fill_named("contact-school-900101", "")
        .press("Save the contacts");
    assert!(
        page.text().contains("1 contact was changed"),
        "{}",
        page.text()
    );
    assert!(!page.html.contains("office@school.example.org"));
    assert!(page.html.contains("figures@la.example.org"));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_is_no_address_is_refused_beside_its_field_and_kept_as_typed(#[case] test: TestApp) {
    test.school(900_101, "999");
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = browser
        .get("/contacts")
        .fill_named("contact-school-900101", "the office")
        .fill_named("contact-la-999", "figures@la.example.org")
        .press("Save the contacts");
    assert_eq!(page.status, 422);
    assert!(
        page.text().contains("enter one email address"),
        "{}",
        page.text()
    );
    assert!(page.html.contains("the office"));
    assert!(
        !browser
            .get("/contacts")
            .html
            .contains("figures@la.example.org"),
        "half of a form was kept"
    );
}
