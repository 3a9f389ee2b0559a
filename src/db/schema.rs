//! The tables as diesel sees them: the same on both databases.
//!
//! Kept by hand beside `migrations/`; a test compares it with what the migrations make.

#![expect(
    missing_docs,
    reason = "the comments on the tables stand in the migrations"
)]

diesel::table! {
    academic_year (label) {
        label -> Text,
        starts_on -> Date,
        ends_on -> Date,
        closes_on -> Nullable<Date>,
        scheme -> Text,
        retention_days -> Nullable<Integer>,
        instrument -> Nullable<Text>,
        key_state -> Text,
        key_fingerprint -> Nullable<Text>,
        key_destroyed_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    local_authority (code) {
        code -> Text,
        name -> Text,
        contact_email -> Nullable<Text>,
    }
}

diesel::table! {
    school (urn) {
        urn -> Integer,
        la_code -> Text,
        establishment_number -> Text,
        name -> Text,
        type_name -> Text,
        type_group -> Integer,
        status -> Integer,
        phase -> Text,
        low_age -> Nullable<Integer>,
        high_age -> Nullable<Integer>,
        street -> Nullable<Text>,
        town -> Nullable<Text>,
        postcode -> Nullable<Text>,
        telephone -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        in_statistics -> Bool,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    headcount (school_urn, year_label, year_group) {
        school_urn -> Integer,
        year_label -> Text,
        year_group -> Text,
        eligible -> Integer,
        set_by -> Text,
        set_at -> Timestamp,
    }
}

diesel::table! {
    visit (id) {
        id -> BigInt,
        year_label -> Text,
        school_urn -> Integer,
        visit_on -> Date,
        team -> Nullable<Text>,
        note -> Nullable<Text>,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    pupil (id) {
        id -> BigInt,
        year_label -> Text,
        school_urn -> Integer,
        year_group -> Text,
        sex -> Text,
        deprivation_vintage -> Nullable<Integer>,
        opted_out -> Bool,
        on_roll -> Bool,
        outcome -> Text,
        outcome_version -> Integer,
        name_removed_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        ethnic_group -> Nullable<Text>,
        deprivation_quintile -> Nullable<Integer>,
    }
}

diesel::table! {
    pupil_to_seal (pupil_id) {
        pupil_id -> BigInt,
        class_name -> Nullable<Text>,
        ethnicity -> Nullable<Text>,
        lsoa -> Nullable<Text>,
        lsoa_vintage -> Nullable<Integer>,
        deprivation_decile -> Nullable<Integer>,
        deprivation_vintage -> Nullable<Integer>,
        sensitive -> Bool,
        growth_condition -> Bool,
    }
}

diesel::table! {
    audit_subject (pupil_id) {
        pupil_id -> BigInt,
        secret -> Binary,
    }
}

diesel::table! {
    identity (pupil_id) {
        pupil_id -> BigInt,
        year_label -> Text,
        format -> Integer,
        sealed -> Binary,
        updated_at -> Timestamp,
        identity_key -> Nullable<Binary>,
    }
}

diesel::table! {
    identity_damage (pupil_id) {
        pupil_id -> BigInt,
    }
}

diesel::table! {
    measurement (id) {
        id -> BigInt,
        pupil_id -> BigInt,
        version -> Integer,
        measured_on -> Date,
        month_only -> Bool,
        age_months -> Integer,
        height_mm -> Integer,
        weight_g -> Integer,
        scheme -> Text,
        height_z_tenths -> Nullable<Integer>,
        weight_z_tenths -> Nullable<Integer>,
        bmi_z_tenths -> Nullable<Integer>,
        population_category -> Nullable<Text>,
        population_severe -> Bool,
        clinical_category -> Nullable<Text>,
        clinical_severe -> Bool,
        not_assessed -> Nullable<Text>,
        device -> Nullable<Text>,
        measured_by -> Nullable<Text>,
        recorded_by -> Text,
        recorded_at -> Timestamp,
        recorded_by_id -> Nullable<BigInt>,
        repeats -> Nullable<Integer>,
    }
}

diesel::table! {
    not_measured (id) {
        id -> BigInt,
        pupil_id -> BigInt,
        version -> Integer,
        reason -> Text,
        noted_on -> Date,
        recorded_by -> Text,
        recorded_at -> Timestamp,
        recorded_by_id -> Nullable<BigInt>,
        repeats -> Nullable<Integer>,
    }
}

diesel::table! {
    warning (id) {
        id -> BigInt,
        pupil_id -> BigInt,
        version -> Integer,
        code -> Text,
        confirmed_by -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    import (id) {
        id -> BigInt,
        kind -> Text,
        year_label -> Text,
        school_urn -> Nullable<Integer>,
        state -> Text,
        layout -> Nullable<Text>,
        mapping -> Nullable<Text>,
        counts -> Nullable<Text>,
        sealed_upload -> Nullable<Binary>,
        created_by -> Text,
        created_at -> Timestamp,
        applied_at -> Nullable<Timestamp>,
        expires_at -> Timestamp,
        created_by_account -> Nullable<BigInt>,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    import_row (id) {
        id -> BigInt,
        import_id -> BigInt,
        row_number -> Integer,
        outcome -> Text,
        codes -> Text,
        decision -> Nullable<Text>,
        pupil_id -> Nullable<BigInt>,
        sealed -> Nullable<Binary>,
    }
}

diesel::table! {
    import_pupil (import_id, pupil_id) {
        import_id -> BigInt,
        pupil_id -> BigInt,
        action -> Text,
        sealed_before -> Nullable<Binary>,
    }
}

diesel::table! {
    column_mapping (layout) {
        layout -> Text,
        mapping -> Text,
        saved_by -> Text,
        saved_at -> Timestamp,
    }
}

diesel::table! {
    postcode (code) {
        code -> Text,
        la_code -> Nullable<Text>,
        ward_code -> Nullable<Text>,
        lsoa11 -> Nullable<Text>,
        lsoa21 -> Nullable<Text>,
    }
}

diesel::table! {
    deprivation (lsoa, vintage) {
        lsoa -> Text,
        vintage -> Integer,
        decile -> Integer,
    }
}

diesel::table! {
    letter (id) {
        id -> BigInt,
        pupil_id -> BigInt,
        kind -> Text,
        version -> Integer,
        state -> Text,
        reasons -> Text,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        send_after -> Nullable<Timestamp>,
        may_have_arrived -> Bool,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        kind -> Text,
        letter_id -> Nullable<BigInt>,
        reference -> Nullable<Text>,
        year_label -> Nullable<Text>,
        sealed -> Nullable<Binary>,
        message_id -> Text,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> Timestamp,
        lease_until -> Nullable<Timestamp>,
        lease_owner -> Nullable<Text>,
        last_error -> Nullable<Text>,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        run_id -> Nullable<BigInt>,
        give_up_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sending_run (id) {
        id -> BigInt,
        started_by -> Text,
        started_at -> Timestamp,
        texts -> Text,
    }
}

diesel::table! {
    release (id) {
        id -> BigInt,
        audience -> Text,
        years -> Text,
        state -> Text,
        as_at -> Date,
        title -> Text,
        evidence -> Text,
        audit_passed -> Bool,
        needs_care -> Bool,
        frozen -> Text,
        made_by -> Text,
        made_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    release_figure (release_id, position) {
        release_id -> BigInt,
        position -> Integer,
        academic_years -> Text,
        area_type -> Text,
        area_code -> Text,
        area_name -> Text,
        year_group -> Text,
        sex -> Text,
        measure -> Text,
        category -> Text,
        numerator -> Text,
        denominator -> Text,
        percent -> Text,
        ci_lower -> Text,
        ci_upper -> Text,
        as_at -> Text,
    }
}

diesel::table! {
    retention_run (id) {
        id -> BigInt,
        as_of -> Date,
        state -> Text,
        rule -> Text,
        counts -> Text,
        scan -> Nullable<Text>,
        identities_erased -> Integer,
        keys_destroyed -> Text,
        started_by -> Text,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    access (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_label -> Text,
        purpose -> Text,
        scope_kind -> Text,
        year_label -> Nullable<Text>,
        pupil_count -> Integer,
    }
}

diesel::table! {
    access_pupil (access_id, pupil_id) {
        access_id -> BigInt,
        pupil_id -> BigInt,
    }
}

diesel::table! {
    disclosure (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_label -> Text,
        recipient -> Text,
        purpose -> Text,
        fields -> Text,
        child_count -> Integer,
        reference -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    disclosure_pupil (disclosure_id, pupil_id) {
        disclosure_id -> BigInt,
        pupil_id -> BigInt,
    }
}

diesel::table! {
    audit_event (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_label -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
        chain_position -> Nullable<BigInt>,
        chain_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    account (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Nullable<Text>,
        state -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    account_approval (account_id) {
        account_id -> BigInt,
        email -> Text,
        name -> Text,
        role -> Text,
        schools -> Text,
        authorities -> Text,
        is_new -> Bool,
        asked_by -> Text,
        asked_by_id -> Nullable<BigInt>,
        asked_at -> Timestamp,
    }
}

diesel::table! {
    sign_in_failure (who, network) {
        who -> Binary,
        network -> Text,
        failed -> Integer,
        last_at -> Timestamp,
        wait_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    assignment (id) {
        id -> BigInt,
        account_id -> BigInt,
        school_urn -> Nullable<Integer>,
        la_code -> Nullable<Text>,
    }
}

diesel::table! {
    login (id) {
        id -> BigInt,
        token_hash -> Binary,
        account_id -> BigInt,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    password_token (token_hash) {
        token_hash -> Binary,
        account_id -> BigInt,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    job (name) {
        name -> Text,
        enabled -> Bool,
        next_due_at -> Nullable<Timestamp>,
        lease_until -> Nullable<Timestamp>,
        lease_owner -> Nullable<Text>,
    }
}

diesel::table! {
    job_run (id) {
        id -> BigInt,
        job_name -> Text,
        scheduled_for -> Timestamp,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        outcome -> Text,
        detail -> Text,
    }
}

diesel::table! {
    setting (key) {
        key -> Text,
        value -> Text,
        changed_by -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    submission (token) {
        token -> Text,
        location -> Text,
        at -> Timestamp,
        kind -> Text,
        text -> Text,
    }
}

diesel::table! {
    retention_pause (id) {
        id -> BigInt,
        paused_by -> Text,
        reason -> Text,
        paused_at -> Timestamp,
        ends_at -> Timestamp,
        ended_by -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    year_rule_change (id) {
        id -> BigInt,
        year_label -> Text,
        retention_days -> Integer,
        instrument -> Text,
        state -> Text,
        proposed_by -> BigInt,
        proposed_name -> Text,
        proposed_role -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<BigInt>,
        decided_name -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        takes_effect_on -> Nullable<Date>,
    }
}

diesel::table! {
    installation (only_one) {
        only_one -> Integer,
        id -> Text,
        production_since -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::joinable!(school -> local_authority (la_code));
diesel::joinable!(headcount -> school (school_urn));
diesel::joinable!(headcount -> academic_year (year_label));
diesel::joinable!(visit -> academic_year (year_label));
diesel::joinable!(visit -> school (school_urn));
diesel::joinable!(pupil -> academic_year (year_label));
diesel::joinable!(pupil -> school (school_urn));
diesel::joinable!(pupil_to_seal -> pupil (pupil_id));
diesel::joinable!(audit_subject -> pupil (pupil_id));
diesel::joinable!(identity -> pupil (pupil_id));
diesel::joinable!(identity -> academic_year (year_label));
diesel::joinable!(identity_damage -> identity (pupil_id));
diesel::joinable!(measurement -> pupil (pupil_id));
diesel::joinable!(not_measured -> pupil (pupil_id));
diesel::joinable!(warning -> pupil (pupil_id));
diesel::joinable!(import -> academic_year (year_label));
diesel::joinable!(import -> school (school_urn));
diesel::joinable!(import_row -> import (import_id));
diesel::joinable!(import_row -> pupil (pupil_id));
diesel::joinable!(import_pupil -> import (import_id));
diesel::joinable!(import_pupil -> pupil (pupil_id));
diesel::joinable!(letter -> pupil (pupil_id));
diesel::joinable!(outbox -> letter (letter_id));
diesel::joinable!(outbox -> sending_run (run_id));
diesel::joinable!(release_figure -> release (release_id));
diesel::joinable!(access_pupil -> access (access_id));
diesel::joinable!(access_pupil -> pupil (pupil_id));
diesel::joinable!(disclosure_pupil -> disclosure (disclosure_id));
diesel::joinable!(disclosure_pupil -> pupil (pupil_id));
diesel::joinable!(account_approval -> account (account_id));
diesel::joinable!(assignment -> account (account_id));
diesel::joinable!(assignment -> school (school_urn));
diesel::joinable!(assignment -> local_authority (la_code));
diesel::joinable!(login -> account (account_id));
diesel::joinable!(password_token -> account (account_id));
diesel::joinable!(job_run -> job (job_name));

diesel::allow_tables_to_appear_in_same_query!(
    academic_year,
    local_authority,
    school,
    headcount,
    visit,
    pupil,
    pupil_to_seal,
    audit_subject,
    identity,
    identity_damage,
    measurement,
    not_measured,
    warning,
    import,
    import_row,
    import_pupil,
    column_mapping,
    postcode,
    deprivation,
    letter,
    outbox,
    sending_run,
    release,
    release_figure,
    retention_run,
    access,
    access_pupil,
    disclosure,
    disclosure_pupil,
    audit_event,
    account,
    account_approval,
    assignment,
    login,
    password_token,
    job,
    job_run,
    setting,
    sign_in_failure,
    submission,
    installation,
    retention_pause,
    year_rule_change,
);
