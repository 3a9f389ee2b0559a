//! The exact bounds against an attacker who knows no programming but counting:
//! it tries every way of filling the cells.

use proptest::prelude::*;

use super::bounds::Bounds;
use super::system::{Claim, Span, System};

/// No cell of these small tables holds more than this.
const MOST: u32 = 9;

/// The least and greatest sum of `target` over every filling that fits `claims`.
fn by_counting(cells: usize, claims: &[Claim], target: &[usize]) -> Option<(u32, u32)> {
    let mut found: Option<(u32, u32)> = None;
    let mut filling = vec![0_u32; cells];
    loop {
        let fits = claims.iter().all(|claim| {
            let sum: u32 = claim.cells.iter().map(|&cell| filling[cell]).sum();
            sum >= claim.span.least && claim.span.greatest.is_none_or(|most| sum <= most)
        });
        if fits {
            let sum: u32 = target.iter().map(|&cell| filling[cell]).sum();
            found = Some(found.map_or((sum, sum), |(least, most)| (least.min(sum), most.max(sum))));
        }
        let Some(next) = filling.iter().position(|&value| value < MOST) else {
            return found;
        };
        filling[next] += 1;
        filling[..next].fill(0);
    }
}

/// Four cells, what is in them, and up to five sums of them known to within a
/// few children; every cell is also known to be at most [`MOST`].
fn small_table() -> impl Strategy<Value = (Vec<u32>, Vec<Claim>)> {
    let known = (1_usize..16, 0_u32..4, 0_u32..4, any::<bool>());
    (
        prop::collection::vec(0..=MOST, 4),
        prop::collection::vec(known, 1..6),
    )
        .prop_map(|(truth, known)| {
            let mut claims: Vec<Claim> = (0..4)
                .map(|cell| Claim {
                    cells: vec![cell],
                    span: Span {
                        least: 0,
                        greatest: Some(MOST),
                    },
                })
                .collect();
            for (set, below, above, open) in known {
                let cells: Vec<usize> = (0..4).filter(|cell| set & (1 << cell) != 0).collect();
                let sum: u32 = cells.iter().map(|&cell| truth[cell]).sum();
                let span = Span {
                    least: sum.saturating_sub(below),
                    greatest: (!open).then_some(sum + above),
                };
                claims.push(Claim { cells, span });
            }
            (truth, claims)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn bounds_are_those_found_by_counting((truth, claims) in small_table(), set in 1_usize..16) {
        let target: Vec<usize> = (0..4).filter(|cell| set & (1 << cell) != 0).collect();
        let (least, greatest) = by_counting(4, &claims, &target).expect("the truth fits");
        let system = System::new(4, &claims);
        let span = Bounds::new(&system).of(&target).expect("the truth fits");
        prop_assert_eq!(span, Span { least, greatest: Some(greatest) });
        let sum: u32 = target.iter().map(|&cell| truth[cell]).sum();
        prop_assert!((least..=greatest).contains(&sum));
    }
}

#[test]
fn overlapping_pairs_need_the_integer_programme() {
    // Three pairs that each sum to one: halves satisfy them, whole numbers do not.
    let pair = |a, b| Claim {
        cells: vec![a, b],
        span: Span {
            least: 0,
            greatest: Some(1),
        },
    };
    let claims = [pair(0, 1), pair(1, 2), pair(0, 2)];
    let system = System::new(3, &claims);
    let span = Bounds::new(&system).of(&[0, 1, 2]).expect("nought fits");
    assert_eq!(
        span,
        Span {
            least: 0,
            greatest: Some(1)
        }
    );
}

#[test]
fn what_no_claim_limits_has_no_greatest_value() {
    let claims = [Claim {
        cells: vec![0],
        span: Span {
            least: 0,
            greatest: Some(7),
        },
    }];
    let system = System::new(2, &claims);
    assert_eq!(
        Bounds::new(&system).of(&[1]).expect("fits"),
        Span {
            least: 0,
            greatest: None
        }
    );
}

#[test]
fn claims_that_contradict_each_other_are_noticed() {
    let at = |least, greatest| Claim {
        cells: vec![0, 1],
        span: Span {
            least,
            greatest: Some(greatest),
        },
    };
    let one = Claim {
        cells: vec![0],
        span: Span {
            least: 0,
            greatest: Some(20),
        },
    };
    let system = System::new(2, &[at(3, 5), at(8, 9), one]);
    assert!(Bounds::new(&system).of(&[0]).is_err());
}
