//! Academic years and their rules.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::audit::Actor;
use stature::db::Error;
use stature::db::schema::outbox;
use stature::records::year as years;
use stature::retention;

use crate::support::{Browser, ChildSpec, PASSWORD, TestApp};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_rule_is_set_from_the_command_line_and_seen_on_the_page(#[case] test: TestApp) {
    let arguments = [
        "year",
        "set",
        "2026-27",
        "--retention-days",
        "365",
        "--instrument",
        "Direction of 2026",
    ];
    test.run(&arguments).done();
    assert!(test.path("keyring/2026-27.key").exists());
    let page = test.signed_in(Role::Governance, &[], &[]).get("/years");
    assert!(
        page.says("365 days after the measurement") && page.says("Direction of 2026"),
        "{}",
        page.text()
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_wrong_year_or_rule_is_refused_in_words(#[case] test: TestApp) {
    let set = |label, days, instrument| {
        test.run(&[
            "year",
            "set",
            label,
            "--retention-days",
            days,
            "--instrument",
            instrument,
        ])
        .code(1)
        .stderr
    };
    assert!(set("2026", "365", "x").contains("write it as 2026-27"));
    assert!(set("2026-28", "365", "x").contains("write it as 2026-27"));
    assert!(set("2026-27", "0", "x").contains("1 to 3650 days"));
    assert!(set("2026-27", "365", " ").contains("--instrument"));
    assert!(
        test.run(&["year", "list"]).done().stdout.is_empty(),
        "something was kept of a refused rule"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_rule_is_set_in_the_browser_and_mistakes_keep_what_was_typed(#[case] test: TestApp) {
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = browser
        .get("/years/new")
        .fill("Academic year", "2026-27")
        .fill("Days that names are kept", "0")
        .fill("Designated by", "Direction of 2026")
        .press("Set the rule")
        .status(422)
        .shows("1 to 3650 days");
    assert!(
        page.html.contains("Direction of 2026"),
        "what was typed is gone"
    );
    page.fill("Days that names are kept", "400")
        .press("Set the rule")
        .shows("The rule was set")
        .shows("400 days");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_lost_key_is_not_replaced_silently(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    std::fs::remove_file(test.path("keyring/2026-27.key")).unwrap();
    let set = [
        "year",
        "set",
        "2026-27",
        "--retention-days",
        "300",
        "--instrument",
        "x",
    ];
    let refused = test.run(&set).code(1);
    assert!(refused.stderr.contains("is not in"), "{}", refused.stderr);
    test.run(&["check-config"]).code(1);
}

/// Signs an account in again that another test step has made.
fn again(test: &TestApp, email: &str) -> Browser {
    let browser = test.browser();
    browser
        .get("/sign-in")
        .fill("Email address", email)
        .fill("Password", PASSWORD)
        .press("Sign in");
    browser
}

fn rule_of(test: &TestApp, label: &str) -> (Option<i32>, Option<String>) {
    test.db()
        .read_now(|tx| -> Result<_, Error> {
            let year = years::year(tx, label)?.unwrap();
            Ok((year.retention_days, year.instrument))
        })
        .unwrap()
}

fn night(test: &TestApp) -> retention::Run {
    retention::run_night(&test.app, &Actor::job("retention")).unwrap()
}

/// The addresses that notices about a year wait for in the outbox.
fn told(test: &TestApp) -> Vec<String> {
    let parcels: Vec<i64> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(outbox::table
                .filter(outbox::reference.like("rule-change:%"))
                .order(outbox::id)
                .select(outbox::id)
                .load(tx)?)
        })
        .unwrap();
    parcels
        .into_iter()
        .map(|id| {
            let parcel = test
                .db()
                .read_now(|tx| stature::outbox::find(tx, id))
                .unwrap()
                .unwrap();
            let notice =
                stature::outbox::open_notice(test.app.identities.keyring(), &parcel).unwrap();
            assert!(notice.text.contains("/years/2026-27"), "{}", notice.text);
            format!("{}: {}", notice.to, notice.subject)
        })
        .collect()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_rule_of_a_year_with_names_is_not_changed_by_one_person_in_one_click(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    let child = test.child(ChildSpec::default());
    test.measure(child, 1412, 34_500, test.app.clock.today());
    test.child(ChildSpec {
        given_name: "Maya",
        family_name: "Other",
        ..ChildSpec::default()
    });
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let before = rule_of(&test, "2026-27");
    // The command line is no way round.
    let set = [
        "year",
        "set",
        "2026-27",
        "--retention-days",
        "1",
        "--instrument",
        "Test instrument",
    ];
    let refused = test.run(&set).code(1);
    assert!(
        refused.stderr.contains("a second person confirms it"),
        "{}",
        refused.stderr
    );
    // What would happen is said before anything is proposed.
    let page = administrator
        .get("/years/2026-27")
        .fill("Days that names are kept", "1")
        .press("Continue");
    let page = page
        .status(200)
        .shows("1 name that would otherwise be kept is removed in the night of 3 December 2026");
    assert_eq!(rule_of(&test, "2026-27"), before);
    assert!(told(&test).is_empty());
    page.press("Propose this change")
        .shows("The change is proposed")
        .shows("Change waiting to be confirmed");
    assert_eq!(rule_of(&test, "2026-27"), before);
    assert_eq!(
        told(&test),
        [
            "administrator@example.org: A change to how long names are kept needs to be confirmed",
            "governance@example.org: A change to how long names are kept needs to be confirmed",
        ]
    );
    // The person who proposed it does not confirm it, even by hand.
    let own = administrator.get("/years/2026-27");
    assert!(
        !own.says("Confirm change") && own.says("Withdraw change"),
        "{}",
        own.text()
    );
    assert!(!administrator.get("/").says("Confirm or reject a change"));
    let mut by_hand = own;
    by_hand.html = by_hand.html.replace("/change/withdraw", "/change/confirm");
    let by_hand = by_hand.press("Withdraw change");
    assert_eq!(by_hand.status, 409, "{}", by_hand.text());
    // A second change has to wait.
    let second = governance
        .get("/years/2026-27")
        .fill("Days that names are kept", "900")
        .press("Continue")
        .press("Propose this change");
    assert_eq!(second.status, 409, "{}", second.text());
    let home = governance.get("/");
    assert_eq!(
        home.link("Confirm or reject a change to how long names of 2026-27 are kept"),
        "/years/2026-27"
    );
    let stale = governance.get("/years/2026-27");
    governance
        .get("/years/2026-27")
        .press("Confirm change")
        .shows("It takes effect on 3 December 2026");
    assert_eq!(
        stale.press("Confirm change").status,
        409,
        "one change was confirmed twice"
    );
    assert_eq!(told(&test).len(), 4);
    assert_eq!((rule_of(&test, "2026-27"), night(&test).names), (before, 0));
    // It takes effect after the delay, in the night.
    test.app
        .clock
        .set_to_noon(chrono::NaiveDate::from_ymd_opt(2026, 12, 2).unwrap());
    assert_eq!(night(&test).names, 0);
    test.app
        .clock
        .set_to_noon(chrono::NaiveDate::from_ymd_opt(2026, 12, 3).unwrap());
    let run = night(&test);
    assert_eq!((run.names, run.rules[0].retention_days), (1, 1));
    again(&test, "governance@example.org")
        .get("/years")
        .shows("1 day after the measurement");
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_confirmed_change_can_be_withdrawn_before_it_takes_effect(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.child(ChildSpec::default());
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = governance
        .get("/years/2026-27")
        .fill("Days that names are kept", "3000")
        .press("Continue");
    page.shows("2,635 days longer than parents were told")
        .press("Propose this change")
        .shows("The change is proposed");
    administrator
        .get("/years/2026-27")
        .press("Confirm change")
        .shows("The change is confirmed");
    governance
        .get("/years/2026-27")
        .press("Withdraw change")
        .shows("The change is withdrawn");
    test.app
        .clock
        .set_to_noon(chrono::NaiveDate::from_ymd_opt(2026, 12, 4).unwrap());
    night(&test);
    assert_eq!(rule_of(&test, "2026-27").0, Some(365));
    assert_eq!(told(&test).len(), 6);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn news_of_a_change_that_is_no_longer_true_is_not_sent(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.child(ChildSpec::default());
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    governance
        .get("/years/2026-27")
        .fill("Days that names are kept", "3000")
        .press("Continue")
        .press("Propose this change")
        .shows("The change is proposed");
    // Before the email asks anybody to confirm it, it is withdrawn.
    administrator
        .get("/years/2026-27")
        .press("Reject change")
        .status(200);
    let texts = test.emails_to("administrator@example.org");
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("withdrew the change"), "{texts:?}");
    // What has gone stays.
    governance
        .get("/years/2026-27")
        .fill("Days that names are kept", "3000")
        .press("Continue")
        .press("Propose this change")
        .shows("The change is proposed");
    assert_eq!(test.emails_to("administrator@example.org").len(), 2);
    administrator
        .get("/years/2026-27")
        .press("Confirm change")
        .shows("The change is confirmed");
    assert_eq!(test.emails_to("administrator@example.org").len(), 3);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_label_of_a_year_is_fixed_on_its_page_and_another_years_rule_stays(#[case] test: TestApp) {
    test.set_year("2025-26", 100);
    test.set_year("2026-27", 365);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator.get("/years/2026-27");
    assert!(
        !page.html.contains("name=\"label\""),
        "the label can be edited"
    );
    page.fill("Days that names are kept", "400")
        .press("Set the rule")
        .shows("400 days");
    assert_eq!(
        (rule_of(&test, "2025-26").0, rule_of(&test, "2026-27").0),
        (Some(100), Some(400))
    );
    let taken = administrator
        .get("/years/new")
        .fill("Academic year", "2025-26")
        .fill("Days that names are kept", "1")
        .fill("Designated by", "x")
        .press("Set the rule")
        .status(422);
    taken.shows("2025-26 has a rule already");
    assert_eq!(rule_of(&test, "2025-26").0, Some(100));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_scheme_and_the_closing_date_of_a_year_with_names_need_one_person(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.child(ChildSpec::default());
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let page = administrator.get("/years/2026-27");
    page.fill_named("closes-day", "31")
        .fill_named("closes-month", "7")
        .fill_named("closes-year", "2027")
        .press("Continue")
        .shows("The rule was set")
        .shows("31 July 2027");
    let year = test
        .db()
        .read_now(|tx| years::year(tx, "2026-27"))
        .unwrap()
        .unwrap();
    assert_eq!(year.closes_on, chrono::NaiveDate::from_ymd_opt(2027, 7, 31));
    assert!(told(&test).is_empty());
}
