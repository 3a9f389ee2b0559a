//! Who may come to see children, and who must agree.

use rstest::rstest;
use stature::access::Role;

use crate::accounts::events;
use crate::support::{Browser, PASSWORD, Page, TestApp};

const NEW_PASSWORD: &str = "four blue herons fly";

fn sign_in(browser: &Browser, email: &str, password: &str) -> Page {
    browser
        .get("/sign-in")
        .fill("Email address", email)
        .fill("Password", password)
        .press("Sign in")
}

/// Asks for an account in the browser of a system administrator.
fn ask_for(admin: &Browser, email: &str, role: &str) -> Page {
    admin
        .get("/accounts/add")
        .fill("Email address", email)
        .fill("Name", "New Person")
        .choose(role)
        .press("Add account")
}

fn set_password(test: &TestApp, email: &str) {
    let path = test.link_emailed_to(email);
    test.browser()
        .get(&path)
        .fill("New password", NEW_PASSWORD)
        .press("Set password")
        .shows("Your password is set");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_system_administrator_cannot_give_itself_child_access_by_its_own_role(#[case] test: TestApp) {
    test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let own = admin.get("/accounts").follow("A System administrator");
    own.clone()
        .choose("Nurse")
        .press("Save")
        .status(422)
        .shows("You cannot change your own role");
    own.clone()
        .fill("Schools", "900101")
        .press("Save")
        .status(422);
    own.clone()
        .fill("Email address", "other@example.org")
        .press("Save")
        .status(422);
    own.fill("Name", "Another Name")
        .press("Save")
        .shows("The account was changed");
    assert_eq!(admin.get("/children").status, 403);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_system_administrator_cannot_give_itself_child_access_by_another_account(
    #[case] test: TestApp,
) {
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    ask_for(&admin, "mine@example.org", "Nurse").shows("Waiting for approval");
    assert!(
        test.emails_to("mine@example.org").is_empty(),
        "invited before anybody approved"
    );
    let account = admin.get("/accounts").follow("New Person");
    assert!(
        !account.html.contains("Email a link"),
        "a link is offered before anybody approved"
    );
    // Nor by another press of a button that the page does not show.
    let told = test.emails_to("administrator@example.org");
    assert!(
        told.iter().any(|text| text.contains("/approvals")),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|text| text.contains("mine@example.org")),
        "an address is in an email"
    );
    assert_eq!(admin.get("/approvals").status, 403);
    approver
        .get("/")
        .shows("1 account waiting for your approval");
    let request = approver.get("/approvals").follow("New Person");
    request.press("Refuse").shows("Refused");
    assert!(!admin.get("/accounts").says("mine@example.org"));
    assert!(test.emails_to("mine@example.org").is_empty());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_approved_account_is_invited_by_email(#[case] test: TestApp) {
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    ask_for(&admin, "nurse@example.org", "Nurse").shows("Waiting for approval");
    let request = approver.get("/approvals").follow("New Person");
    request.press("Approve").shows("Approved");
    request
        .press("Approve")
        .status(409)
        .shows("changed or decided on");
    set_password(&test, "nurse@example.org");
    let nurse = test.browser();
    sign_in(&nurse, "nurse@example.org", NEW_PASSWORD).status(200);
    nurse.get("/children").status(200);
    assert_eq!(events(&test, "account.approved").len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_request_that_was_withdrawn_can_be_approved_no_more(#[case] test: TestApp) {
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    ask_for(&admin, "nurse@example.org", "Nurse");
    let request = approver.get("/approvals").follow("New Person");
    admin
        .get("/accounts")
        .follow("New Person")
        .press("Withdraw the request")
        .shows("The account was changed");
    assert!(!admin.get("/accounts").says("nurse@example.org"));
    request
        .press("Approve")
        .status(409)
        .shows("changed or decided on");
    // The address is free again.
    ask_for(&admin, "nurse@example.org", "Nurse").shows("Waiting for approval");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn nobody_is_asked_for_an_approval_that_was_decided_or_withdrawn_meanwhile(#[case] test: TestApp) {
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    ask_for(&admin, "nurse@example.org", "Nurse").shows("Waiting for approval");
    admin
        .get("/accounts")
        .follow("New Person")
        .press("Withdraw the request")
        .shows("The account was changed");
    assert!(
        test.emails_to("administrator@example.org").is_empty(),
        "asked about nothing"
    );
    ask_for(&admin, "nurse@example.org", "Nurse").shows("Waiting for approval");
    approver
        .get("/approvals")
        .follow("New Person")
        .press("Approve")
        .shows("Approved");
    assert!(
        test.emails_to("administrator@example.org").is_empty(),
        "asked about what is decided"
    );
    assert_eq!(test.emails_to("nurse@example.org").len(), 1);
    // An invitation to an account that was disabled before it went is not sent either.
    let second = admin
        .get("/accounts/add")
        .fill("Email address", "second@example.org")
        .fill("Name", "Second Person");
    second.choose("Monitor").press("Add account").status(200);
    admin
        .get("/accounts")
        .follow("Second Person")
        .press("Disable this account")
        .shows("The account was changed");
    assert!(
        test.emails_to("second@example.org").is_empty(),
        "invited to a disabled account"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn more_schools_a_role_and_an_address_wait_for_approval_and_less_does_not(#[case] test: TestApp) {
    test.school(900_101, "999");
    test.school(900_102, "999");
    let email = test.account(Role::Nurse, &[900_101], &[]);
    let nurse = test.browser();
    sign_in(&nurse, &email, PASSWORD);
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let account = || admin.get("/accounts").follow("A Nurse");
    account()
        .fill("Schools", "900101 900102")
        .press("Save")
        .shows("Waiting for approval");
    nurse.get("/account").shows("900101");
    assert!(
        !nurse.get("/account").says("900102"),
        "in force before anybody approved"
    );
    account()
        .shows("Until then this is in force")
        .shows("Schools 900101");
    approver
        .get("/approvals")
        .follow("A Nurse")
        .shows("As it is now")
        .press("Approve")
        .shows("Approved");
    nurse.get("/account").shows("Schools 900101, 900102");
    // Less is in force at once.
    account()
        .fill("Schools", "900102")
        .press("Save")
        .shows("The account was changed");
    nurse.get("/account").shows("Schools 900102 ");
    let detail = events(&test, "account.changed").pop().unwrap().1;
    assert!(
        detail.contains("\"before\"") && detail.contains("900101") && detail.contains("\"after\""),
        "{detail}"
    );
    account().press("Save").shows("Nothing was different");
    // With another address the account would be somebody else's.
    account()
        .fill("Email address", "mine@example.org")
        .press("Save")
        .shows("Waiting for approval");
    admin.get("/accounts").shows(&email);
    account().press("Email a link to set a new password");
    assert!(
        test.emails_to("mine@example.org").is_empty(),
        "a link went to the new address"
    );
    assert_eq!(test.emails_to(&email).len(), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_edited_address_is_kept_and_the_one_before_is_told(#[case] test: TestApp) {
    let email = test.account(Role::Monitor, &[], &[]);
    let monitor = test.browser();
    sign_in(&monitor, &email, PASSWORD);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let account = admin.get("/accounts").follow("A Monitor");
    account
        .clone()
        .fill("Email address", "sysadmin@example.org")
        .press("Save")
        .status(422)
        .shows("already an account");
    account
        .fill("Email address", "Married@example.org")
        .press("Save")
        .shows("The account was changed");
    admin.get("/accounts").shows("married@example.org");
    assert!(
        monitor.get("/account").url.starts_with("/sign-in"),
        "the session went on under the new address"
    );
    let told = test.emails_to(&email);
    assert!(
        told.iter()
            .any(|text| text.contains("another email address")),
        "{told:?}"
    );
    sign_in(&monitor, "married@example.org", PASSWORD).status(200);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_approver_decides_on_what_they_saw_and_never_on_themselves(#[case] test: TestApp) {
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    ask_for(&admin, "nurse@example.org", "Nurse");
    let seen = approver.get("/approvals").follow("New Person");
    test.app.clock.advance(chrono::Duration::seconds(1));
    admin
        .get("/accounts")
        .follow("New Person")
        .choose("Programme administrator")
        .press("Save")
        .shows("Waiting for approval");
    seen.press("Approve").status(409);
    assert!(test.emails_to("nurse@example.org").is_empty());
    admin
        .get("/accounts")
        .follow("A Programme administrator")
        .fill("Email address", "other@example.org")
        .press("Save")
        .shows("Waiting for approval");
    approver
        .get("/approvals")
        .follow("A Programme administrator")
        .press("Approve")
        .status(422)
        .shows("You cannot decide on your own account");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_last_system_administrator_can_be_neither_demoted_nor_disabled(#[case] test: TestApp) {
    let email = test.account(Role::SystemAdministrator, &[], &[]);
    let refused = test.run(&["user", "disable", &email]).code(1);
    assert!(
        refused.stderr.contains("only system administrator"),
        "{}",
        refused.stderr
    );
    test.run(&["user", "role", &email, "monitor"]).code(1);
    let added = [
        "user",
        "add",
        "second@example.org",
        "--role",
        "sysadmin",
        "--password-stdin",
    ];
    test.run_with_input(&added, b"four blue herons fly\n")
        .done();
    let admin = test.browser();
    sign_in(&admin, &email, PASSWORD);
    let second = admin.get("/accounts").follow("second");
    second
        .choose("Monitor")
        .press("Save")
        .shows("The account was changed");
    assert!(
        !admin
            .get("/accounts")
            .follow("A System administrator")
            .html
            .contains("value=\"disable\""),
        "one's own account can be disabled"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn of_two_system_administrators_who_demote_each_other_at_once_one_stays(#[case] test: TestApp) {
    let first = test.account(Role::SystemAdministrator, &[], &[]);
    let added = [
        "user",
        "add",
        "second@example.org",
        "--role",
        "sysadmin",
        "--password-stdin",
    ];
    test.run_with_input(&added, b"four blue herons fly\n")
        .done();
    let (one, other) = (test.browser(), test.browser());
    sign_in(&one, &first, PASSWORD);
    sign_in(&other, "second@example.org", NEW_PASSWORD);
    let pages = [
        one.get("/accounts").follow("second").choose("Monitor"),
        other
            .get("/accounts")
            .follow("A System administrator")
            .choose("Monitor"),
    ];
    std::thread::scope(|scope| {
        for page in &pages {
            scope.spawn(move || page.press("Save"));
        }
    });
    let listed = test.run(&["user", "list"]).done().stdout;
    assert_eq!(listed.matches("sysadmin  active").count(), 1, "{listed}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn programme_administrators_are_told_of_accounts_added_on_the_server(#[case] test: TestApp) {
    test.signed_in(Role::Administrator, &[], &[]);
    test.run(&["user", "add", "m@example.org", "--role", "monitor"])
        .done();
    assert!(test.emails_to("administrator@example.org").is_empty());
    test.run(&["user", "add", "n@example.org", "--role", "nurse"])
        .done();
    let told = test.emails_to("administrator@example.org");
    assert!(
        told.iter().any(|text| text.contains("added an account")),
        "{told:?}"
    );
    let detail = &events(&test, "account.added")[1].1;
    assert!(detail.contains("system_user"), "{detail}");
    // A role that sees children is asked for there, too.
    let asked = test.run(&["user", "role", "m@example.org", "nurse"]).done();
    assert!(
        asked.stdout.contains("Waiting for approval"),
        "{}",
        asked.stdout
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_account_that_sees_children_is_enabled_again_only_with_approval(#[case] test: TestApp) {
    let email = test.account(Role::Nurse, &[], &[]);
    let approver = test.signed_in(Role::Administrator, &[], &[]);
    let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    admin
        .get("/accounts")
        .follow("A Nurse")
        .press("Disable this account");
    admin
        .get("/accounts")
        .follow("A Nurse")
        .press("Enable this account")
        .shows("Waiting for approval");
    sign_in(&test.browser(), &email, PASSWORD).status(422);
    approver
        .get("/approvals")
        .follow("A Nurse")
        .shows("can sign in again")
        .press("Approve")
        .shows("Approved");
    sign_in(&test.browser(), &email, PASSWORD).status(200);
}
