//! Academic years and their rules.

use stature::access::Role;

both_databases! {
    fn a_rule_is_set_from_the_command_line_and_seen_on_the_page(test: TestApp) {
        let arguments = ["year", "set", "2026-27", "--retention-days", "365", "--instrument", "Direction of 2026"];
        test.run(&arguments).done();
        assert!(test.path("keyring/2026-27.key").exists());
        let page = test.signed_in(Role::Governance, &[], &[]).get("/years");
        assert!(page.says("365 days after the measurement") && page.says("Direction of 2026"), "{}", page.text());
    }

    fn a_wrong_year_or_rule_is_refused_in_words(test: TestApp) {
        let set = |label, days, instrument| {
            test.run(&["year", "set", label, "--retention-days", days, "--instrument", instrument]).code(1).stderr
        };
        assert!(set("2026", "365", "x").contains("write it as 2026-27"));
        assert!(set("2026-28", "365", "x").contains("write it as 2026-27"));
        assert!(set("2026-27", "0", "x").contains("1 to 3650 days"));
        assert!(set("2026-27", "365", " ").contains("--instrument"));
        assert!(test.run(&["year", "list"]).done().stdout.is_empty(), "something was kept of a refused rule");
    }

    fn a_rule_is_set_in_the_browser_and_mistakes_keep_what_was_typed(test: TestApp) {
        let browser = test.signed_in(Role::Administrator, &[], &[]);
        let page = browser
            .get("/years/new")
            .fill("Academic year", "2026-27")
            .fill("Days that names are kept", "0")
            .fill("Designated by", "Direction of 2026")
            .press("Set the rule")
            .status(422)
            .shows("1 to 3650 days");
        assert!(page.html.contains("Direction of 2026"), "what was typed is gone");
        page.fill("Days that names are kept", "400").press("Set the rule").shows("The rule was set").shows("400 days");
    }

    fn a_lost_key_is_not_replaced_silently(test: TestApp) {
        test.set_year("2026-27", 365);
        std::fs::remove_file(test.path("keyring/2026-27.key")).unwrap();
        let set = ["year", "set", "2026-27", "--retention-days", "300", "--instrument", "x"];
        let refused = test.run(&set).code(1);
        assert!(refused.stderr.contains("is not in"), "{}", refused.stderr);
        test.run(&["check-config"]).code(1);
    }
}
