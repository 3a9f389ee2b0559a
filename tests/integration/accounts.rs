//! Signing in and out, locks, passwords, accounts.

use chrono::Duration;
use stature::access::Role;

use crate::support::{Browser, Page};

const PASSWORD: &str = "three grey herons";

fn sign_in(browser: &Browser, email: &str, password: &str) -> Page {
    browser
        .get("/sign-in")
        .fill("Email address", email)
        .fill("Password", password)
        .press("Sign in")
}

both_databases! {
    fn a_wrong_password_and_an_unknown_address_are_told_in_the_same_words(test: TestApp) {
        let email = test.account(Role::Nurse, &[], &[]);
        let wrong = sign_in(&test.browser(), &email, "not the password").status(422);
        let unknown = sign_in(&test.browser(), "nobody@example.org", "not the password").status(422);
        assert!(wrong.says("Email address or password is not right"));
        assert_eq!(wrong.all(".nhsuk-error-summary"), unknown.all(".nhsuk-error-summary"));
        assert!(!wrong.html.contains("not the password"), "a password was sent back");
    }

    fn five_wrong_passwords_lock_an_account_for_a_quarter_of_an_hour(test: TestApp) {
        let email = test.account(Role::Nurse, &[], &[]);
        let browser = test.browser();
        for _ in 0..4 {
            sign_in(&browser, &email, "not the password").shows("is not right");
        }
        let locked = sign_in(&browser, &email, "not the password").shows("is locked");
        sign_in(&browser, &email, PASSWORD).status(422).shows("is locked");
        for _ in 0..5 {
            sign_in(&browser, "nobody@example.org", "not the password");
        }
        let unknown = sign_in(&browser, "nobody@example.org", "not the password");
        assert_eq!(locked.all(".nhsuk-error-summary"), unknown.all(".nhsuk-error-summary"), "a lock tells that there is an account");
        test.app.clock.advance(Duration::minutes(16));
        assert_eq!(sign_in(&browser, &email, PASSWORD).status, 200);
    }

    fn after_being_signed_out_for_idleness_one_signs_in_again(test: TestApp) {
        let email = test.account(Role::SystemAdministrator, &[], &[]);
        let browser = test.browser();
        sign_in(&browser, &email, PASSWORD);
        test.app.clock.advance(Duration::minutes(21));
        let page = browser.get("/accounts").fill("Email address", &email).fill("Password", PASSWORD).press("Sign in");
        assert_eq!((page.status, page.url.as_str()), (200, "/accounts"), "{}", page.text());
    }

    fn a_link_does_not_open_an_account_that_was_disabled_after_it_was_given_out(test: TestApp) {
        let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
        let email = test.account(Role::Nurse, &[], &[]);
        let account = admin.get("/accounts").follow("A Nurse");
        let link = account.press("Make a new password link").all("code").pop().unwrap();
        let path = link.strip_prefix(&test.address).unwrap();
        account.press("Disable this account").shows("The account was changed");
        let nurse = test.browser();
        nurse.get(path).shows("has been used or is too old");
        let account = admin.get("/accounts").follow("A Nurse");
        account.press("Make a new password link").status(422).shows("Enable the account first");
        account.press("Enable this account").shows("The account was changed");
        nurse.get(path).shows("has been used or is too old");
        assert_eq!(sign_in(&nurse, &email, PASSWORD).status, 200);
    }

    fn a_new_link_takes_the_place_of_the_one_before(test: TestApp) {
        let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
        test.account(Role::Nurse, &[], &[]);
        let account = admin.get("/accounts").follow("A Nurse");
        let link = || account.press("Make a new password link").all("code").pop().unwrap();
        let (first, second) = (link(), link());
        let nurse = test.browser();
        nurse.get(first.strip_prefix(&test.address).unwrap()).shows("has been used or is too old");
        assert!(!nurse.get(second.strip_prefix(&test.address).unwrap()).says("has been used"));
    }

    fn a_session_that_is_open_guesses_no_password(test: TestApp) {
        let email = test.account(Role::Nurse, &[], &[]);
        let browser = test.browser();
        sign_in(&browser, &email, PASSWORD);
        let change = |current: &str| {
            browser.get("/account").fill("Current password", current).fill("New password", "four blue herons fly").press("Change password")
        };
        for _ in 0..4 {
            change("not the password").status(422).shows("This is not your current password");
        }
        change("not the password");
        assert!(browser.get("/account").url.starts_with("/sign-in"), "the session went on");
        sign_in(&browser, &email, PASSWORD).status(422).shows("is locked");
        test.app.clock.advance(Duration::minutes(16));
        assert_eq!(sign_in(&browser, &email, PASSWORD).status, 200);
    }

    fn after_signing_out_the_old_cookie_opens_nothing(test: TestApp) {
        let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
        let page = browser.get("/accounts").status(200);
        page.press("Sign out").shows("You are signed out");
        assert!(browser.get("/accounts").url.starts_with("/sign-in"));
    }

    fn a_browser_left_alone_is_signed_out(test: TestApp) {
        let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
        test.app.clock.advance(Duration::minutes(19));
        browser.get("/accounts").status(200);
        test.app.clock.advance(Duration::minutes(19));
        assert_eq!(browser.get("/accounts").url, "/accounts", "the clock did not start anew with a request");
        test.app.clock.advance(Duration::minutes(21));
        assert!(browser.get("/accounts").url.starts_with("/sign-in"));
    }

    fn a_session_ends_after_half_a_day_however_busy(test: TestApp) {
        let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
        for _ in 0..47 {
            test.app.clock.advance(Duration::minutes(15));
            browser.get("/accounts").status(200);
        }
        test.app.clock.advance(Duration::minutes(16));
        assert!(browser.get("/accounts").url.starts_with("/sign-in"));
    }

    fn a_form_from_another_site_is_refused(test: TestApp) {
        let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
        let fields = [("email", "new@example.org"), ("name", "New"), ("role", "nurse")];
        let refused = browser.post_with_header("/accounts/add", &fields, ("origin", "https://evil.example"));
        assert_eq!(refused.status, 403);
        let refused = browser.post("/accounts/add", &fields);
        assert_eq!(refused.status, 409, "a form without the session's token was taken");
        assert!(!browser.get("/accounts").says("new@example.org"));
        assert!(test.mail().is_empty());
    }

    fn an_account_is_added_by_a_link_that_works_once(test: TestApp) {
        let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
        let page = browser
            .get("/accounts/add")
            .fill("Email address", "New.Nurse@example.org")
            .fill("Name", "New Nurse")
            .choose("Nurse")
            .press("Add account");
        let link = page.all("code").pop().unwrap();
        let path = link.strip_prefix(&test.address).unwrap().to_owned();
        let newcomer = test.browser();
        newcomer.get(&path).fill("New password", "short").press("Set password").status(422);
        let set = newcomer.get(&path).fill("New password", "four blue herons fly").press("Set password");
        assert!(set.says("Your password is set"), "{}", set.text());
        newcomer.get(&path).shows("has been used or is too old");
        assert_eq!(sign_in(&newcomer, "new.nurse@example.org", "four blue herons fly").status, 200);
    }

    fn a_disabled_account_is_signed_out_at_once(test: TestApp) {
        let admin = test.signed_in(Role::SystemAdministrator, &[], &[]);
        let nurse = test.signed_in(Role::Nurse, &[], &[]);
        nurse.get("/account").status(200);
        admin.get("/accounts").follow("A Nurse").press("Disable this account");
        assert!(nurse.get("/account").url.starts_with("/sign-in"));
    }

    fn a_changed_password_ends_the_other_sessions(test: TestApp) {
        let email = test.account(Role::Nurse, &[], &[]);
        let (here, there) = (test.browser(), test.browser());
        sign_in(&here, &email, PASSWORD);
        sign_in(&there, &email, PASSWORD);
        here.get("/account")
            .fill("Current password", PASSWORD)
            .fill("New password", "four blue herons fly")
            .press("Change password")
            .shows("Your password was changed");
        assert!(there.get("/account").url.starts_with("/sign-in"));
        here.get("/account").status(200);
    }

    fn a_user_is_added_from_the_command_line(test: TestApp) {
        let added = test.run(&["user", "add", "ig@example.org", "--role", "governance"]).done();
        assert!(added.stdout.contains("/set-password/"), "{}", added.stdout);
        let again = test.run(&["user", "add", "ig@example.org", "--role", "nurse"]).code(1);
        assert!(again.stderr.contains("already an account"), "{}", again.stderr);
        let unknown = test.run(&["user", "add", "head@example.org", "--role", "school", "--school", "123456"]).code(1);
        assert!(unknown.stderr.contains("no school with URN 123456"), "{}", unknown.stderr);
        test.run(&["user", "add", "x@example.org", "--role", "king"]).code(2);
        let elsewhere = ["user", "add", "y@example.org", "--role", "nurse", "--public-url", "https://measuring.example.org/"];
        let added = test.run(&elsewhere).done();
        assert!(added.stdout.contains("\nhttps://measuring.example.org/set-password/"), "{}", added.stdout);
        let with_password = ["user", "add", "n@example.org", "--role", "nurse", "--password-stdin"];
        test.run_with_input(&with_password, b"four blue herons fly\n").done();
        assert_eq!(sign_in(&test.browser(), "n@example.org", "four blue herons fly").status, 200);
    }
}
