//! The table of everything the service answers: method, path, permission, handler.
//!
//! A test walks it with every role and with none, against a readable matrix.

use crate::access::needs;
use crate::accounts::pages as accounts;
use crate::children::pages as children;
use crate::demo::pages as demo;
use crate::home::pages as home;
use crate::letters::pages as letters;
use crate::privacy::pages as privacy;
use crate::recording::pages as recording;
use crate::retention::pages as retention;
use crate::retention::pause_pages as pauses;
use crate::retention::rule_change_pages as rule_changes;
use crate::roster::pages as roster;
use crate::schools::contact_pages as contacts;
use crate::schools::pages as schools;
use crate::statistics::pages as statistics;
use crate::timetable::pages as jobs;
use crate::web::routing::{Route, background, get, post};
use crate::years::pages as years;

/// The table.
#[expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]
pub fn table() -> Vec<Route> {
    vec![
        get("/", needs::SignedIn, home::home),
        get("/demo/mail", needs::Public, demo::list),
        get("/demo/mail/{name}", needs::Public, demo::message),
        get("/demo/mail/{name}/html", needs::Public, demo::html),
        get(
            "/demo/mail/{name}/attachments/{number}",
            needs::Public,
            demo::attachment,
        ),
        get("/contacts", needs::ManageSchools, contacts::contacts_page),
        post("/contacts", needs::ManageSchools, contacts::set_contacts),
        get("/sign-in", needs::Public, accounts::sign_in_page),
        post("/sign-in", needs::Public, accounts::sign_in),
        post("/sign-out", needs::SignedIn, accounts::sign_out),
        get(
            "/set-password/{token}",
            needs::Public,
            accounts::set_password_page,
        )
        .secret(),
        post(
            "/set-password/{token}",
            needs::Public,
            accounts::set_password,
        )
        .secret(),
        get("/account", needs::SignedIn, accounts::own_page),
        post("/account", needs::SignedIn, accounts::change_password),
        get("/accounts", needs::ManageAccounts, accounts::list),
        get("/accounts/add", needs::ManageAccounts, accounts::add_page),
        post("/accounts/add", needs::ManageAccounts, accounts::add),
        get("/accounts/{id}", needs::ManageAccounts, accounts::edit_page),
        post("/accounts/{id}", needs::ManageAccounts, accounts::edit),
        get("/approvals", needs::ApproveAccounts, accounts::approvals),
        get(
            "/approvals/{id}",
            needs::ApproveAccounts,
            accounts::approval_page,
        ),
        post("/approvals/{id}", needs::ApproveAccounts, accounts::decide),
        get("/imports", needs::ManageRosters, roster::list),
        get("/imports/new", needs::ManageRosters, roster::upload_page),
        post("/imports/new", needs::ManageRosters, roster::upload),
        get("/imports/{id}", needs::ManageRosters, roster::import_page),
        post(
            "/imports/{id}/confirm",
            needs::ManageRosters,
            roster::confirm,
        ),
        post(
            "/imports/{id}/discard",
            needs::ManageRosters,
            roster::discard,
        ),
        get(
            "/imports/{id}/columns",
            needs::ManageRosters,
            roster::columns_page,
        ),
        post(
            "/imports/{id}/columns",
            needs::ManageRosters,
            roster::choose_columns,
        ),
        get(
            "/imports/{id}/errors.csv",
            needs::ManageRosters,
            roster::errors_file,
        ),
        get(
            "/imports/{id}/rows/{row}",
            needs::ManageRosters,
            roster::row_page,
        ),
        post(
            "/imports/{id}/rows/{row}",
            needs::ManageRosters,
            roster::decide,
        ),
        get(
            "/imports/{id}/undo",
            needs::ManageRosters,
            roster::undo_page,
        ),
        post("/imports/{id}/undo", needs::ManageRosters, roster::undo),
        get("/school/rosters", needs::UploadRoster, roster::school_list),
        get(
            "/school/rosters/new",
            needs::UploadRoster,
            roster::school_upload_page,
        ),
        post(
            "/school/rosters/new",
            needs::UploadRoster,
            roster::school_upload,
        ),
        get(
            "/school/rosters/{id}",
            needs::UploadRoster,
            roster::school_import_page,
        ),
        get(
            "/school/rosters/{id}/errors.csv",
            needs::UploadRoster,
            roster::school_errors_file,
        ),
        get("/letters", needs::ManageLetters, letters::list),
        post("/letters/prepare", needs::ManageLetters, letters::prepare),
        get("/letters/send", needs::ManageLetters, letters::send_page),
        post("/letters/send", needs::ManageLetters, letters::send),
        get("/letters/runs/{run}", needs::ManageLetters, letters::run),
        background(
            "/letters/runs/{run}/progress",
            needs::ManageLetters,
            letters::run,
        ),
        post("/letters/try-now", needs::PauseLetters, letters::try_now),
        get(
            "/letters/settle",
            needs::ManageLetters,
            letters::settle_page,
        ),
        post("/letters/settle", needs::ManageLetters, letters::settle),
        get("/letters/delay", needs::PauseLetters, letters::delay_page),
        post("/letters/delay", needs::PauseLetters, letters::set_delay),
        get("/letters/stop", needs::PauseLetters, letters::stop_page),
        post("/letters/stop", needs::PauseLetters, letters::stop),
        get("/letters/texts", needs::EditTemplates, letters::texts_page),
        post("/letters/texts", needs::EditTemplates, letters::save_texts),
        get(
            "/letters/texts/standard",
            needs::EditTemplates,
            letters::standard_page,
        ),
        post(
            "/letters/texts/standard",
            needs::EditTemplates,
            letters::start_again,
        ),
        get(
            "/letters/texts/samples/{sample}",
            needs::EditTemplates,
            letters::sample,
        ),
        get("/letters/{id}", needs::ManageLetters, letters::show),
        post("/letters/{id}", needs::ManageLetters, letters::decide),
        get(
            "/letters/{id}/letter.pdf",
            needs::ManageLetters,
            letters::pdf,
        ),
        get("/years", needs::ManageYears, years::list),
        post("/years", needs::ManageYears, years::add),
        get("/years/{label}", needs::ManageYears, years::rule_page),
        post("/years/{label}", needs::ManageYears, years::edit),
        post(
            "/years/{label}/change",
            needs::ManageYears,
            rule_changes::propose,
        ),
        post(
            "/years/{label}/change/confirm",
            needs::ManageYears,
            rule_changes::confirm,
        ),
        post(
            "/years/{label}/change/withdraw",
            needs::ManageYears,
            rule_changes::withdraw,
        ),
        get("/privacy", needs::Public, privacy::notice).findable(),
        get("/accessibility", needs::Public, privacy::accessibility).findable(),
        get("/privacy/log", needs::ViewAccessLog, privacy::access_log),
        get("/privacy/ledger", needs::ViewAccessLog, privacy::ledger),
        get(
            "/privacy/subject-access",
            needs::SubjectAccess,
            privacy::subject_access_page,
        ),
        post(
            "/privacy/subject-access",
            needs::SubjectAccess,
            privacy::subject_access_search,
        ),
        post(
            "/privacy/subject-access/review",
            needs::SubjectAccess,
            privacy::subject_access_review,
        ),
        post(
            "/privacy/subject-access/file",
            needs::SubjectAccess,
            privacy::subject_access_file,
        ),
        get("/jobs", needs::ManageJobs, jobs::list),
        post("/jobs/{name}/run", needs::ManageJobs, jobs::run),
        post("/jobs/{name}/pause", needs::ManageJobs, jobs::pause),
        post("/jobs/{name}/resume", needs::ManageJobs, jobs::resume),
        get("/retention", needs::ViewRetention, retention::overview),
        get("/retention/run", needs::RunRetention, retention::confirm),
        post(
            "/retention/run",
            needs::RunRetention,
            retention::run_by_hand,
        ),
        get("/retention/pause", needs::RunRetention, pauses::pause_page),
        post("/retention/pause", needs::RunRetention, pauses::pause),
        post("/retention/resume", needs::RunRetention, pauses::resume),
        post(
            "/retention/confirm-date",
            needs::RunRetention,
            pauses::confirm_date,
        ),
        get(
            "/retention/runs/{id}",
            needs::ViewRetention,
            retention::evidence,
        ),
        get("/progress", needs::ViewProgress, home::progress),
        get("/warnings", needs::Record, recording::warnings),
        get(
            "/schools/{urn}/record",
            needs::Record,
            recording::record_page,
        ),
        post(
            "/schools/{urn}/record",
            needs::Record,
            recording::record_list,
        ),
        background(
            "/schools/{urn}/record/rows",
            needs::Record,
            recording::record_rows,
        ),
        post(
            "/schools/{urn}/record/{id}",
            needs::Record,
            recording::record_row,
        ),
        get("/schools", needs::Record, schools::list),
        get("/schools/{urn}", needs::Record, schools::school_page),
        post(
            "/schools/{urn}/headcounts",
            needs::ManageSchools,
            schools::set_headcounts,
        ),
        get("/visits", needs::ViewVisits, schools::visits),
        post("/visits", needs::ManageVisits, schools::plan_visit),
        post(
            "/visits/{id}/cancel",
            needs::ManageVisits,
            schools::cancel_visit,
        ),
        get("/children", needs::ViewChild, children::search_page),
        post("/children", needs::ViewChild, children::search),
        get("/children/{id}", needs::ViewChild, children::child_page),
        post(
            "/children/{id}/flags",
            needs::EditChild,
            children::set_flags,
        ),
        get(
            "/children/{id}/details",
            needs::EditChild,
            children::details_page,
        ),
        post(
            "/children/{id}/details",
            needs::EditChild,
            children::correct_details,
        ),
        get("/releases", needs::ManageReleases, statistics::list),
        post("/releases", needs::ManageReleases, statistics::make),
        get(
            "/releases/new",
            needs::ManageReleases,
            statistics::make_page,
        ),
        get(
            "/releases/{number}",
            needs::ManageReleases,
            statistics::release,
        ),
        get(
            "/releases/{number}/publish",
            needs::ManageReleases,
            statistics::publish_page,
        ),
        post(
            "/releases/{number}/publish",
            needs::ManageReleases,
            statistics::publish,
        ),
        post(
            "/releases/{number}/announce",
            needs::ManageReleases,
            statistics::announce,
        ),
        get(
            "/releases/{number}/withdraw",
            needs::ManageReleases,
            statistics::withdraw_page,
        ),
        post(
            "/releases/{number}/withdraw",
            needs::ManageReleases,
            statistics::withdraw,
        ),
        get(
            "/releases/{number}/figures.{format}",
            needs::ManageReleases,
            statistics::release_file,
        ),
        get("/figures", needs::Public, statistics::own_list).findable(),
        get("/figures/{number}", needs::Public, statistics::own_release).findable(),
        get(
            "/figures/{number}/figures.{format}",
            needs::Public,
            statistics::own_file,
        )
        .findable(),
    ]
}
