//! The area holds what it promises.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use growth::Scheme;

use super::*;
use programme::{Ethnicity, NhsNumber, Postcode, Upn, YearGroup};

fn plan(schools: u32) -> AreaPlan {
    AreaPlan {
        seed: 42,
        schools,
        years: 2,
        today: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
        children_per_year_group: None,
    }
}

fn written(plan: AreaPlan) -> Vec<Vec<u8>> {
    let mut area = Area::new(plan).unwrap();
    let mut files = vec![Vec::new()];
    area.write_schools(&mut files[0]).unwrap();
    for year in area.years().to_vec() {
        let (mut roster, mut measurements) = (Vec::new(), Vec::new());
        area.write_year(year, &mut roster, &mut measurements)
            .unwrap();
        files.extend([roster, measurements]);
    }
    files
}

/// Every child and outcome of the running year.
fn everybody(schools: u32) -> Vec<(Child, Option<Outcome>)> {
    let plan = plan(schools);
    let area = Area::new(plan.clone()).unwrap();
    let mut numbers = numbers::Numbers::new(plan.seed);
    let year = *area.years().last().unwrap();
    let mut all = Vec::new();
    for school in area.schools() {
        let children = children::children(plan.seed, school, year, &mut numbers);
        let outcomes = outcomes::outcomes(plan.seed, school, year, plan.today, &children);
        all.extend(children.into_iter().zip(outcomes));
    }
    all
}

#[test]
fn the_same_plan_makes_the_same_bytes_and_another_seed_makes_others() {
    assert_eq!(written(plan(5)), written(plan(5)));
    let other = AreaPlan {
        seed: 43,
        ..plan(5)
    };
    assert_ne!(written(plan(5)), written(other));
}

#[test]
fn every_number_checks_and_belongs_to_one_child() {
    let mut seen = HashSet::new();
    for (child, _) in everybody(60) {
        for number in [&child.upn, &child.nhs_number] {
            assert!(
                number.is_empty() || seen.insert(number.clone()),
                "a number was given out twice"
            );
        }
        assert!(child.nhs_number.is_empty() || NhsNumber::parse(&child.nhs_number).is_ok());
        assert!(child.upn.is_empty() || Upn::parse(&child.upn).is_ok());
        assert!(child.postcode.is_empty() || Postcode::parse(&child.postcode).is_ok());
        assert!(
            child.ethnicity.is_empty() || Ethnicity::parse(child.ethnicity).is_ok(),
            "{}",
            child.ethnicity
        );
        assert_eq!(
            YearGroup::by_birth(child.date_of_birth, 2026),
            Some(child.year_group)
        );
        for parent in &child.parents {
            assert!(parent.email.is_empty() || parent.email.is_ascii());
            let domain = parent.email.split('@').nth(1).unwrap_or("example.org");
            let ending = domain.rsplit('.').next();
            assert!(domain == "example.org" || ending == Some("test"));
        }
    }
}

#[test]
fn there_are_twins_siblings_and_children_without_numbers_or_contacts() {
    let all = everybody(60);
    let mut by_home: HashMap<(&str, &str), Vec<&Child>> = HashMap::new();
    for (child, _) in &all {
        if !child.postcode.is_empty() {
            by_home
                .entry((&child.family_name, &child.postcode))
                .or_default()
                .push(child);
        }
    }
    let pairs = || by_home.values().filter(|children| children.len() > 1);
    assert!(pairs().any(|children| children[0].date_of_birth == children[1].date_of_birth));
    assert!(pairs().any(|children| children[0].year_group != children[1].year_group));
    let count = |what: &dyn Fn(&Child) -> bool| all.iter().filter(|(child, _)| what(child)).count();
    assert!(count(&|child| child.nhs_number.is_empty()) > 0);
    assert!(count(&|child| child.upn.is_empty()) > 0);
    assert!(count(&|child| child.parents.is_empty()) > 0);
    assert!(
        count(&|child| !child.given_name.is_ascii() || child.family_name.contains(['\'', '’', '-']))
            > 0
    );
}

#[test]
fn measurements_are_plausible_and_as_heavy_as_the_nation() {
    let today = plan(1).today;
    let mut categories: HashMap<(YearGroup, &str), u32> = HashMap::new();
    let (mut measured, mut children) = (0, 0);
    for (child, outcome) in everybody(400) {
        children += 1;
        let Some(outcome) = outcome else { continue };
        assert!(outcome.date < today);
        let Ok((height, weight)) = outcome.result else {
            continue;
        };
        measured += 1;
        let age = growth::Age::between(child.date_of_birth, outcome.date).unwrap();
        let assessment =
            growth::assess(child.sex, &age, height, weight, Scheme::default()).unwrap();
        *categories
            .entry((child.year_group, assessment.population.code()))
            .or_default() += 1;
        *categories.entry((child.year_group, "all")).or_default() += 1;
    }
    let share = |group, code| {
        f64::from(categories[&(group, code)]) / f64::from(categories[&(group, "all")])
    };
    let obese = |group| share(group, "obese");
    let heavy = |group| obese(group) + share(group, "overweight");
    assert!(
        (0.18..0.26).contains(&heavy(YearGroup::Reception)),
        "{}",
        heavy(YearGroup::Reception)
    );
    assert!(
        (0.31..0.41).contains(&heavy(YearGroup::Year6)),
        "{}",
        heavy(YearGroup::Year6)
    );
    assert!(
        (0.08..0.13).contains(&obese(YearGroup::Reception)),
        "{}",
        obese(YearGroup::Reception)
    );
    assert!(
        (0.18..0.27).contains(&obese(YearGroup::Year6)),
        "{}",
        obese(YearGroup::Year6)
    );
    let progress = f64::from(measured) / f64::from(children);
    assert!((0.55..0.65).contains(&progress), "{progress}");
}

#[test]
fn a_plan_out_of_bounds_is_refused() {
    assert!(matches!(Area::new(plan(0)), Err(SynthError::Schools)));
    assert!(matches!(
        Area::new(AreaPlan {
            years: 0,
            ..plan(1)
        }),
        Err(SynthError::Years)
    ));
    assert!(matches!(
        Area::new(AreaPlan {
            children_per_year_group: Some(500),
            ..plan(1)
        }),
        Err(SynthError::Children)
    ));
}
