//! How long it takes to make, audit and close the releases of whole authorities: every school, the authority, the
//! public; three years and the pooled window. Near-linear in schools; 120 schools must stay far below 30 seconds.
//!
//! `cargo bench -p disclosure`

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot build its input should stop"
)]

#[expect(dead_code, reason = "others use the rest of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use disclosure::{History, Request, make};
use programme::Audience;
use support::{AUTHORITY, Authority, Random, day, urn, year};

fn main() {
    divan::main();
}

#[divan::bench(args = [30, 60, 120, 240], sample_count = 7, sample_size = 1)]
fn whole_authority(bencher: divan::Bencher<'_, '_>, schools: usize) {
    let years = [year(2024), year(2025), year(2026)];
    let mut random = Random::seeded(1);
    let raw = Authority::new(&mut random, schools, (15, 90), &years, &[]).table(day(2027, 7, 1));
    bencher.bench_local(|| {
        let mut audiences: Vec<Audience> = (0..schools)
            .map(|school| Audience::School(urn(school)))
            .collect();
        audiences.extend([Audience::Authority(AUTHORITY.into()), Audience::Public]);
        for (number, audience) in audiences.into_iter().enumerate() {
            let request = Request {
                number: number as u32 + 1,
                audience,
                years: years.to_vec(),
            };
            let release = make(&raw, &request, &History::default()).expect("a release");
            assert!(release.evidence().passed());
        }
    });
}
