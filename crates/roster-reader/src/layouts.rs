//! Layouts that the samples do not show, each told as what a person would make of it.

use std::fmt::Write as _;

use crate::check::{self, Context};
use crate::columns::{Choices, find_columns};
use crate::plan::{Action, Plan, plan};
use crate::progress::Progress;
use crate::row::child::RosterChild;
use crate::schools::{School, Schools};
use programme::{DfeNumber, Urn};
use tabular::Limits;

fn schools() -> Schools {
    let school = |urn: &str, number: &str, name: &str| School {
        urn: Urn::parse(urn).unwrap(),
        dfe_number: DfeNumber::parse(number).ok(),
        name: name.to_owned(),
        open: true,
    };
    Schools::new(vec![
        school("900101", "999/2001", "Orchard Lane Primary School"),
        school(
            "900102",
            "999/3302",
            "St Mary’s Church of England Primary School",
        ),
    ])
}

fn import(text: &str, school: Option<&str>) -> Plan {
    let table = crate::read(text.as_bytes(), &Limits::UPLOAD).unwrap();
    let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
    assert_eq!(columns.questions, []);
    columns.check_complete(school.is_some()).unwrap();
    let schools = schools();
    let context = Context {
        start_year: 2026,
        schools: &schools,
        school: school.map(|urn| Urn::parse(urn).unwrap()),
        progress: &Progress::default(),
    };
    plan(check::check(&table, &columns, &context), &[], &|_| None)
}

fn outcomes(plan: &Plan) -> Vec<(u32, &'static str)> {
    plan.rows
        .iter()
        .map(|row| (row.number, row.action.outcome()))
        .collect()
}

fn children(plan: &Plan) -> Vec<&RosterChild> {
    plan.rows
        .iter()
        .filter_map(|row| match &row.action {
            Action::New(child) => Some(child.as_ref()),
            _ => None,
        })
        .collect()
}

fn codes(plan: &Plan, number: u32) -> Vec<&'static str> {
    let row = plan.rows.iter().find(|row| row.number == number).unwrap();
    row.findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

#[test]
fn a_printed_class_list_with_titles_subheadings_headings_again_and_totals() {
    let plan = import(
        "Orchard Lane Primary School;;;;\n\
         Class lists, printed 14/09/2026;;;;\n\
         ;;;;\n\
         Name;DOB;Gender;Year;Post Code\n\
         Class: Acorns;;;;\n\
         Smith, Orla;24/08/2022;F;R;EB3 4EG\n\
         Ng, Bo;01/09/2021;M;R;EB3 4EH\n\
         Total pupils: 2;;;;\n\
         \n\
         Name;DOB;Gender;Year;Post Code\n\
         Class: 6 Oak;;;;\n\
         O’Brien, Tadhg;31/12/2015;M;6;EB3 1ZQ\n\
         Total;1;;;\n",
        Some("900101"),
    );
    assert_eq!(
        outcomes(&plan),
        [
            (5, "subheading"),
            (6, "new"),
            (7, "new"),
            (8, "total"),
            (10, "header"),
            (11, "subheading"),
            (12, "new"),
            (13, "total"),
        ]
    );
    let children = children(&plan);
    assert_eq!(
        (
            children[0].person.given_name.as_str(),
            children[0].class.as_str()
        ),
        ("Orla", "Acorns")
    );
    assert_eq!(
        (
            children[2].person.family_name.as_str(),
            children[2].class.as_str()
        ),
        ("O’Brien", "6 Oak")
    );
    assert_eq!(plan.counts().rows, 3);
}

#[test]
fn subheadings_give_the_year_group_where_no_column_does() {
    let plan = import(
        "Forename\tSurname\tDate of Birth\tSex\n\
         Reception\t\t\t\nOrla\tSmith\t24/08/2022\tF\n\
         Year 3\t\t\t\nTom\tHill\t24/08/2019\tM\n\
         Year 6\t\t\t\nTadhg\tOBrien\t31/12/2015\tM\n",
        Some("900101"),
    );
    assert_eq!(
        outcomes(&plan),
        [
            (2, "subheading"),
            (3, "new"),
            (4, "subheading"),
            (5, "skipped"),
            (6, "subheading"),
            (7, "new")
        ]
    );
    assert_eq!(children(&plan)[1].year_group.code(), "6");
}

#[test]
fn without_year_groups_the_date_of_birth_tells_them() {
    let plan = import(
        "School name,First name,Last name,DOB,Sex\n\
         Orchard Lane Primary School,Orla,Smith,24/08/2022,F\n\
         St Marys Church of England Primary School,Tom,Hill,24/08/2019,M\n\
         Nowhere School,Ann,Hill,24/08/2022,F\n",
        None,
    );
    assert_eq!(
        outcomes(&plan),
        [(2, "new"), (3, "skipped"), (4, "rejected")]
    );
    assert_eq!(children(&plan)[0].year_group.code(), "R");
    assert!(
        children(&plan)[0].urn.to_string() == "900101" && codes(&plan, 4) == ["school_unknown"]
    );
}

#[test]
fn a_column_that_mixes_the_order_of_day_and_month_is_questioned_where_it_matters() {
    let rows = [
        "03/25/2016",
        "02/28/2016",
        "04/03/2016",
        "05/05/2016",
        "2016-06-01",
        "7 March 2016",
        "25/03/2016",
    ];
    let mut text = "Given name,Family name,DOB,Sex,Year\n".to_owned();
    for (index, date) in rows.iter().enumerate() {
        let letter = char::from(b'a' + index as u8);
        writeln!(text, "Ann{letter},Hill{index},{date},F,6").unwrap();
    }
    let plan = import(&text, Some("900101"));
    let found: Vec<&str> = outcomes(&plan)
        .into_iter()
        .map(|(_, outcome)| outcome)
        .collect();
    assert_eq!(
        found,
        [
            "rejected", "rejected", "rejected", "new", "new", "new", "new"
        ]
    );
    assert_eq!(codes(&plan, 4), ["date_ambiguous"]);
    assert_eq!(codes(&plan, 2), ["date_of_birth_unreadable"]);
}

#[test]
fn long_headings_of_other_systems_are_understood() {
    let plan = import(
        "Pupil's Forename,Pupil's Surname,Pupil D.O.B. (dd/mm/yyyy),Sex (M/F),NC Year,Reg. Group,Child's NHS Number,Home Postcode,Address Line 1,Address Line 2,Town/City,\
         Parent/Carer 1 Full Name,Parent/Carer 1 Relationship to Child,Parent/Carer 1 Email Address,Parent/Carer 1 Mobile Number,Parent/Carer 2 Full Name,Parent/Carer 2 E-mail\n\
         Ava,Hill,01/02/2016,F,6,6A,999 013 6750,eb14pu,1 Road,,Exampleton,Mrs Jo Hill,Mother,jo@example.org,7700900123,Sam Hill,sam@example.org\n",
        Some("900101"),
    );
    let child = children(&plan)[0];
    assert_eq!(
        child.person.nhs_number.as_ref().unwrap().to_string(),
        "9990136750"
    );
    assert_eq!(
        (child.class.as_str(), child.person.town.as_str()),
        ("6A", "Exampleton")
    );
    assert_eq!(child.person.contacts.len(), 2);
    assert_eq!(child.person.contacts[0].phone, "07700900123");
    assert_eq!(
        child.person.contacts[1].email.as_deref(),
        Some("sam@example.org")
    );
}

#[test]
fn mothers_and_fathers_columns_are_two_contacts() {
    let plan = import(
        "First Name,Surname,DOB,Gender,Year Group,Mother's Name,Mother's Email,Father's Name,Father's Email,Address\n\
         Ava,Hill,01/02/2016,Female,Y6,Jo Hill,jo@example.org,Sam Hill,sam@example.org,\"1 Road\nExampleton\nEB1 4PU\"\n",
        Some("900101"),
    );
    let person = &children(&plan)[0].person;
    let names: Vec<&str> = person
        .contacts
        .iter()
        .map(|contact| contact.name.as_str())
        .collect();
    assert_eq!(names, ["Jo Hill", "Sam Hill"]);
    assert_eq!(person.postcode.as_ref().unwrap().as_str(), "EB1 4PU");
}

#[test]
fn a_column_full_of_unknown_words_is_left_alone_and_blank_columns_do_no_harm() {
    let plan = import(
        ",Forename,,Surname,DOB,Sex,Year,Free school meals,,\n\
         ,Ava,,Hill,01/02/2016,F,6,No,,\n",
        Some("900101"),
    );
    assert_eq!(outcomes(&plan), [(2, "new")]);
    assert!(plan.rows[0].findings.is_empty());
}

#[test]
fn a_list_of_one_row_whose_every_value_is_wrong_is_a_rejected_child_and_not_an_instruction() {
    let plan = import(
        "Forename,Surname,DOB,Sex,Year\nAva,Hill,soon,X,Z\n",
        Some("900101"),
    );
    assert_eq!(outcomes(&plan), [(2, "rejected")]);
    assert_eq!(
        codes(&plan, 2),
        [
            "date_of_birth_unreadable",
            "year_group_unreadable",
            "sex_unreadable"
        ]
    );
}
