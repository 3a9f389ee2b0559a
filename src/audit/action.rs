//! What events say was done.

use programme::Coded as _;

/// What was done. The code is what the table of events holds and what is hashed into its chain, so
/// it never changes; events of earlier versions may hold codes that are not here any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
pub enum Action {
    /// `account.added`.
    #[strum(serialize = "account.added")]
    AccountAdded,
    /// `account.approval_asked`.
    #[strum(serialize = "account.approval_asked")]
    AccountApprovalAsked,
    /// `account.approval_refused`.
    #[strum(serialize = "account.approval_refused")]
    AccountApprovalRefused,
    /// `account.approved`.
    #[strum(serialize = "account.approved")]
    AccountApproved,
    /// `account.changed`.
    #[strum(serialize = "account.changed")]
    AccountChanged,
    /// `account.disabled`.
    #[strum(serialize = "account.disabled")]
    AccountDisabled,
    /// `account.enabled`.
    #[strum(serialize = "account.enabled")]
    AccountEnabled,
    /// `account.link_made`.
    #[strum(serialize = "account.link_made")]
    AccountLinkMade,
    /// `account.password_change_refused`.
    #[strum(serialize = "account.password_change_refused")]
    AccountPasswordChangeRefused,
    /// `account.password_set`.
    #[strum(serialize = "account.password_set")]
    AccountPasswordSet,
    /// `account.request_withdrawn`.
    #[strum(serialize = "account.request_withdrawn")]
    AccountRequestWithdrawn,
    /// `account.sign_in_refused`.
    #[strum(serialize = "account.sign_in_refused")]
    AccountSignInRefused,
    /// `account.signed_in`.
    #[strum(serialize = "account.signed_in")]
    AccountSignedIn,
    /// `account.signed_out`.
    #[strum(serialize = "account.signed_out")]
    AccountSignedOut,
    /// `account.unlocked`.
    #[strum(serialize = "account.unlocked")]
    AccountUnlocked,
    /// `audit.head_accepted`.
    #[strum(serialize = "audit.head_accepted")]
    AuditHeadAccepted,
    /// `audit.subjects_hashed`.
    #[strum(serialize = "audit.subjects_hashed")]
    AuditSubjectsHashed,
    /// `backup.made`.
    #[strum(serialize = "backup.made")]
    BackupMade,
    /// `backup.restored`.
    #[strum(serialize = "backup.restored")]
    BackupRestored,
    /// `child.corrected`.
    #[strum(serialize = "child.corrected")]
    ChildCorrected,
    /// `child.flags_set`.
    #[strum(serialize = "child.flags_set")]
    ChildFlagsSet,
    /// `contact.set`.
    #[strum(serialize = "contact.set")]
    ContactSet,
    /// `deprivation.imported`.
    #[strum(serialize = "deprivation.imported")]
    DeprivationImported,
    /// `headcount.set`.
    #[strum(serialize = "headcount.set")]
    HeadcountSet,
    /// `job.paused`.
    #[strum(serialize = "job.paused")]
    JobPaused,
    /// `job.requested`.
    #[strum(serialize = "job.requested")]
    JobRequested,
    /// `job.resumed`.
    #[strum(serialize = "job.resumed")]
    JobResumed,
    /// `keyring.replaced`.
    #[strum(serialize = "keyring.replaced")]
    KeyringReplaced,
    /// `letter.arrived`.
    #[strum(serialize = "letter.arrived")]
    LetterArrived,
    /// `letter.deferred`.
    #[strum(serialize = "letter.deferred")]
    LetterDeferred,
    /// `letter.failed`.
    #[strum(serialize = "letter.failed")]
    LetterFailed,
    /// `letter.hold`.
    #[strum(serialize = "letter.hold")]
    LetterHold,
    /// `letter.in_doubt`.
    #[strum(serialize = "letter.in_doubt")]
    LetterInDoubt,
    /// `letter.let_go`.
    #[strum(serialize = "letter.let_go")]
    LetterLetGo,
    /// `letter.send_again`.
    #[strum(serialize = "letter.send_again")]
    LetterSendAgain,
    /// `letter.sent`.
    #[strum(serialize = "letter.sent")]
    LetterSent,
    /// `letters.delay_changed`.
    #[strum(serialize = "letters.delay_changed")]
    LettersDelayChanged,
    /// `letters.prepared`.
    #[strum(serialize = "letters.prepared")]
    LettersPrepared,
    /// `letters.started`.
    #[strum(serialize = "letters.started")]
    LettersStarted,
    /// `letters.stopped`.
    #[strum(serialize = "letters.stopped")]
    LettersStopped,
    /// `letters.texts_changed`.
    #[strum(serialize = "letters.texts_changed")]
    LettersTextsChanged,
    /// `letters.texts_started_again`.
    #[strum(serialize = "letters.texts_started_again")]
    LettersTextsStartedAgain,
    /// `mail.available`.
    #[strum(serialize = "mail.available")]
    MailAvailable,
    /// `mail.tried_now`.
    #[strum(serialize = "mail.tried_now")]
    MailTriedNow,
    /// `mail.unavailable`.
    #[strum(serialize = "mail.unavailable")]
    MailUnavailable,
    /// `measurement.confirmed`.
    #[strum(serialize = "measurement.confirmed")]
    MeasurementConfirmed,
    /// `measurement.not_measured`.
    #[strum(serialize = "measurement.not_measured")]
    MeasurementNotMeasured,
    /// `measurement.put_back`.
    #[strum(serialize = "measurement.put_back")]
    MeasurementPutBack,
    /// `measurement.reassessed`.
    #[strum(serialize = "measurement.reassessed")]
    MeasurementReassessed,
    /// `measurement.recorded`.
    #[strum(serialize = "measurement.recorded")]
    MeasurementRecorded,
    /// `measurement.undone`.
    #[strum(serialize = "measurement.undone")]
    MeasurementUndone,
    /// `measurements.imported`.
    #[strum(serialize = "measurements.imported")]
    MeasurementsImported,
    /// `postcodes.imported`.
    #[strum(serialize = "postcodes.imported")]
    PostcodesImported,
    /// `release.announced`.
    #[strum(serialize = "release.announced")]
    ReleaseAnnounced,
    /// `release.audited`.
    #[strum(serialize = "release.audited")]
    ReleaseAudited,
    /// `release.made`.
    #[strum(serialize = "release.made")]
    ReleaseMade,
    /// `release.published`.
    #[strum(serialize = "release.published")]
    ReleasePublished,
    /// `release.withdrawn`.
    #[strum(serialize = "release.withdrawn")]
    ReleaseWithdrawn,
    /// `retention.date_confirmed`.
    #[strum(serialize = "retention.date_confirmed")]
    RetentionDateConfirmed,
    /// `retention.paused`.
    #[strum(serialize = "retention.paused")]
    RetentionPaused,
    /// `retention.ran`.
    #[strum(serialize = "retention.ran")]
    RetentionRan,
    /// `retention.resumed`.
    #[strum(serialize = "retention.resumed")]
    RetentionResumed,
    /// `roster.columns_chosen`.
    #[strum(serialize = "roster.columns_chosen")]
    RosterColumnsChosen,
    /// `roster.discarded`.
    #[strum(serialize = "roster.discarded")]
    RosterDiscarded,
    /// `roster.imported`.
    #[strum(serialize = "roster.imported")]
    RosterImported,
    /// `roster.row_decided`.
    #[strum(serialize = "roster.row_decided")]
    RosterRowDecided,
    /// `roster.undone`.
    #[strum(serialize = "roster.undone")]
    RosterUndone,
    /// `roster.uploaded`.
    #[strum(serialize = "roster.uploaded")]
    RosterUploaded,
    /// `roster.uploads_erased`.
    #[strum(serialize = "roster.uploads_erased")]
    RosterUploadsErased,
    /// `schools.imported`.
    #[strum(serialize = "schools.imported")]
    SchoolsImported,
    /// `setting.changed`.
    #[strum(serialize = "setting.changed")]
    SettingChanged,
    /// `visit.cancelled`.
    #[strum(serialize = "visit.cancelled")]
    VisitCancelled,
    /// `visit.planned`.
    #[strum(serialize = "visit.planned")]
    VisitPlanned,
    /// `year.closed`.
    #[strum(serialize = "year.closed")]
    YearClosed,
    /// `year.key_destroyed`.
    #[strum(serialize = "year.key_destroyed")]
    YearKeyDestroyed,
    /// `year.rule_confirmed`.
    #[strum(serialize = "year.rule_confirmed")]
    YearRuleConfirmed,
    /// `year.rule_in_force`.
    #[strum(serialize = "year.rule_in_force")]
    YearRuleInForce,
    /// `year.rule_proposed`.
    #[strum(serialize = "year.rule_proposed")]
    YearRuleProposed,
    /// `year.rule_set`.
    #[strum(serialize = "year.rule_set")]
    YearRuleSet,
    /// `year.rule_withdrawn`.
    #[strum(serialize = "year.rule_withdrawn")]
    YearRuleWithdrawn,
}

impl Action {
    /// Whether the detail of an event about a child would single it out once its name has gone.
    pub(super) fn singles_out(self) -> bool {
        code_singles_out(self.code())
    }
}

/// [`Action::singles_out`] of a code that is stored, of whichever version: a reason, a version or a
/// flag can be compared with the record, and the event's time is exact.
pub(super) fn code_singles_out(code: &str) -> bool {
    code.starts_with("measurement.") || code == Action::ChildFlagsSet.code()
}
