//! How many lines and words the files of a directory have: `report FOLDER [REPORT]`.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    let mut names: Vec<_> = fs::read_dir(&args[1])?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    names.sort();
    let mut lines = Vec::new();
    for path in names {
        let text = fs::read_to_string(&path)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        lines.push(format!(
            "{name}: {} lines, {} words",
            text.lines().count(),
            text.split_whitespace().count()
        ));
    }
    let report = lines.join("\n");
    println!("{report}");
    match args.get(2) {
        Some(path) => fs::write(path, report + "\n"),
        None => Ok(()),
    }
}
