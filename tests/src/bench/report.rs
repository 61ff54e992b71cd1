//! The table that a run prints: a figure, what it is held against, and whether the goal is met.

use std::fmt::Write as _;

/// One line of the table.
#[derive(Debug, Default)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub figure: String,
    /// The floor or peer of the same run.
    pub beside: String,
    /// The figure in multiples of that.
    pub ratio: Option<f64>,
    /// The goal.
    pub goal: String,
    /// Whether it is met; `None` where there is no goal.
    pub met: Option<bool>,
}

/// All lines, with what the machine is.
#[derive(Debug)]
pub struct Report {
    machine: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

const HEADINGS: [&str; 6] = [
    "measurement",
    "figure",
    "floor or peer, same run",
    "ratio",
    "goal",
    "met",
];

impl Report {
    /// An empty table.
    pub fn new(machine: String) -> Self {
        Self {
            machine,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a line, and says it at once, so that a run that fails later was not for nothing.
    pub fn add(&mut self, row: Row) {
        eprintln!("  {}: {}", row.what, row.figure);
        self.rows.push(row);
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints the table on the standard output.
    pub fn print(&self) {
        println!("{}", self.text());
    }

    fn text(&self) -> String {
        let mut lines = vec![HEADINGS.map(ToOwned::to_owned)];
        lines.extend(self.rows.iter().map(|row| {
            [
                row.what.clone(),
                row.figure.clone(),
                row.beside.clone(),
                row.ratio
                    .map(|ratio| format!("{ratio:.2}"))
                    .unwrap_or_default(),
                row.goal.clone(),
                row.met
                    .map_or("", |met| if met { "yes" } else { "NO" })
                    .to_owned(),
            ]
        }));
        let widths: Vec<usize> = (0..HEADINGS.len())
            .map(|column| {
                let lengths = lines.iter().map(|line| line[column].chars().count());
                lengths.max().unwrap_or_default()
            })
            .collect();
        let rule = widths
            .iter()
            .map(|width| "-".repeat(*width))
            .collect::<Vec<_>>();
        let mut text = format!("{}\n\n", self.machine);
        for (number, line) in lines.iter().enumerate() {
            if number == 1 {
                push_line(&mut text, rule.iter().zip(&widths));
            }
            push_line(&mut text, line.iter().zip(&widths));
        }
        for note in &self.notes {
            let _ = write!(text, "\n* {note}");
        }
        text
    }
}

fn push_line<'a>(text: &mut String, cells: impl Iterator<Item = (&'a String, &'a usize)>) {
    let cells: Vec<String> = cells
        .map(|(cell, width)| format!("{cell:width$}"))
        .collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_keeps_bad_figures_and_lines_up() {
        let mut report = Report::new("a machine".to_owned());
        report.add(Row {
            what: "a thing".to_owned(),
            figure: "9 ms".to_owned(),
            ratio: Some(4.5),
            met: Some(false),
            ..Row::default()
        });
        let text = report.text();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[2].contains("4.50") && lines[2].contains("NO"));
        assert!(
            lines
                .iter()
                .all(|line| line.chars().count() == lines[0].chars().count())
        );
    }
}
