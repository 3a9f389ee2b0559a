//! The centile chart of a child's body mass index as a picture (SVG). The table beside it says the same in words.

use std::fmt::Write as _;

use growth::{Measure, lms};
use programme::Sex;

/// A measurement on the chart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Age in years.
    pub age: f64,
    /// kg/m².
    pub bmi: f64,
}

/// Lines of the chart: what each is called, and its z-score.
const LINES: [(&str, f64); 9] = [
    ("0.4th", -8.0 / 3.0),
    ("2nd", -2.0),
    ("9th", -4.0 / 3.0),
    ("25th", -2.0 / 3.0),
    ("50th", 0.0),
    ("75th", 2.0 / 3.0),
    ("91st", 4.0 / 3.0),
    ("98th", 2.0),
    ("99.6th", 8.0 / 3.0),
];

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 64.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 48.0;

/// The ages and indexes that the chart spans.
struct Frame {
    sex: Sex,
    /// Ages in years.
    ages: (f64, f64),
    /// Body mass indexes, kg/m².
    bmis: (f64, f64),
}

impl Frame {
    /// The frame around all points and lines; `None` where there is nothing to draw.
    fn around(sex: Sex, points: &[Point]) -> Option<Self> {
        let ages = || points.iter().map(|point| point.age);
        let from = (ages().fold(f64::MAX, f64::min) - 1.0).clamp(4.0, 18.0);
        let to = (ages().fold(f64::MIN, f64::max) + 1.0).clamp(from + 1.0, 20.0);
        let bmis = || points.iter().map(|point| point.bmi);
        let most = bmis()
            .chain(line_at(sex, to, 8.0 / 3.0))
            .fold(f64::MIN, f64::max);
        let least = bmis()
            .chain(line_at(sex, from, -8.0 / 3.0))
            .fold(f64::MAX, f64::min);
        let (bottom, top) = ((least - 1.0).floor(), (most + 1.0).ceil());
        if points.is_empty() || top <= bottom || to <= from {
            return None;
        }
        Some(Self {
            sex,
            ages: (from, to),
            bmis: (bottom, top),
        })
    }

    fn x(&self, age: f64) -> f64 {
        let (from, to) = self.ages;
        LEFT + (age - from) / (to - from) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, bmi: f64) -> f64 {
        let (bottom, top) = self.bmis;
        TOP + (top - bmi) / (top - bottom) * (HEIGHT - TOP - BOTTOM)
    }

    /// The numbers beside both axes.
    fn scales(&self, svg: &mut String) {
        let (bottom, top) = self.bmis;
        let step = if top - bottom > 24.0 { 5.0 } else { 2.0 };
        let mut mark = (bottom / step).ceil() * step;
        while mark <= top {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" text-anchor=\"end\" fill=\"#212b32\">{mark}</text>",
                LEFT - 6.0,
                self.y(mark) + 4.0
            );
            mark += step;
        }
        let (from, to) = self.ages;
        let mut age = from.ceil();
        while age <= to {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" text-anchor=\"middle\" fill=\"#212b32\">{age}</text>",
                self.x(age),
                HEIGHT - BOTTOM + 18.0
            );
            age += 1.0;
        }
    }

    /// One line of the reference, with its name at the right end.
    fn line(&self, svg: &mut String, name: &str, z: f64) {
        let (from, to) = self.ages;
        let line: Vec<String> = (0..=48)
            .map(|step| from + (to - from) * f64::from(step) / 48.0)
            .filter_map(|age| {
                let bmi = line_at(self.sex, age, z)?;
                Some(format!("{:.1},{:.1}", self.x(age), self.y(bmi)))
            })
            .collect();
        let dashes = if z.abs() > 0.1 && (z.abs() * 3.0) as i32 % 4 == 2 {
            " stroke-dasharray=\"6 4\""
        } else {
            ""
        };
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#005eb8\" stroke-width=\"1.5\"{dashes}/>",
            line.join(" ")
        );
        if let Some(end) = line_at(self.sex, to, z) {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\" fill=\"#005eb8\">{name}</text>",
                WIDTH - RIGHT + 4.0,
                self.y(end) + 4.0
            );
        }
    }
}

/// The body mass index on a line of the reference at an age in years.
fn line_at(sex: Sex, age: f64, z: f64) -> Option<f64> {
    lms(sex, Measure::Bmi, age)?.value_at(z)
}

/// Draws the chart; `None` where the reference has no lines for these ages.
pub(super) fn bmi_chart(sex: Sex, points: &[Point]) -> Option<String> {
    let frame = Frame::around(sex, points)?;
    // Writing to a String cannot fail.
    let mut svg = format!(
        "<svg class=\"app-chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"chart-title\"><title id=\"chart-title\">Body mass index by age against the British 1990 reference; the table says the same</title><rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" fill=\"#fff\" stroke=\"#768692\"/>",
        WIDTH - LEFT - RIGHT,
        HEIGHT - TOP - BOTTOM
    );
    frame.scales(&mut svg);
    for (name, z) in LINES {
        frame.line(&mut svg, name, z);
    }
    for point in points {
        let _ = write!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"6\" fill=\"#212b32\" stroke=\"#fff\" stroke-width=\"2\"/>",
            frame.x(point.age),
            frame.y(point.bmi)
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" text-anchor=\"middle\" fill=\"#212b32\">Age in years</text><text x=\"14\" y=\"{:.1}\" font-size=\"13\" text-anchor=\"middle\" fill=\"#212b32\" transform=\"rotate(-90 14 {:.1})\">BMI, kg/m²</text></svg>",
        f64::midpoint(LEFT, WIDTH - RIGHT),
        HEIGHT - 8.0,
        f64::midpoint(TOP, HEIGHT - BOTTOM),
        f64::midpoint(TOP, HEIGHT - BOTTOM),
    );
    Some(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_nine_lines_and_a_point_for_each_measurement() {
        let point = Point {
            age: 10.7,
            bmi: 17.3,
        };
        let svg = bmi_chart(Sex::Female, &[point, point]).unwrap();
        assert_eq!(svg.matches("<polyline").count(), 9);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn a_very_large_child_is_still_on_the_chart() {
        let point = Point {
            age: 4.0,
            bmi: 55.0,
        };
        assert!(bmi_chart(Sex::Male, &[point]).is_some());
        assert!(bmi_chart(Sex::Male, &[]).is_none());
    }
}
