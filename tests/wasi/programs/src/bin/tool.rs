//! A command of Rust's standard library, which says what it found: the same wherever it runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::process::exit;

fn show() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let args: Vec<_> = std::env::args().skip(1).collect();
    let mut env: Vec<_> = std::env::vars().collect();
    env.sort();
    println!("{args:?} {env:?} {input:?}");
    eprintln!("that was all");
    Ok(())
}

fn names(folder: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let mark = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{mark}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    Ok(names)
}

/// Everything that the standard library does to files.
fn files(folder: &str) -> io::Result<()> {
    let at = |name: &str| format!("{folder}/{name}");
    fs::create_dir_all(at("made/deep"))?;
    fs::write(at("made/one"), "first line\n")?;
    OpenOptions::new()
        .append(true)
        .open(at("made/one"))?
        .write_all(b"second line\n")?;
    print!("{}", fs::read_to_string(at("made/one"))?);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(at("made/one"))?;
    file.seek(SeekFrom::Start(6))?;
    file.write_all(b"LINE")?;
    file.seek(SeekFrom::End(-5))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("rest {rest:?} of {}", file.metadata()?.len());
    file.set_len(10)?;
    println!("now {:?}", fs::read_to_string(at("made/one"))?);
    fs::copy(at("made/one"), at("made/two"))?;
    fs::rename(at("made/two"), at("made/deep/three"))?;
    println!("{:?} {:?}", names(&at("made"))?, names(&at("made/deep"))?);
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i * 7 % 251) as u8).collect();
    fs::write(at("made/bytes"), &bytes)?;
    println!("same {}", fs::read(at("made/bytes"))? == bytes);
    println!(
        "exists {:?}",
        File::create_new(at("made/one")).map_err(|e| e.kind()).err()
    );
    println!(
        "full {:?}",
        fs::remove_dir(at("made/deep")).map_err(|e| e.kind()).err()
    );
    println!(
        "gone {:?}",
        fs::read(at("none")).map_err(|e| e.kind()).err()
    );
    println!(
        "folder {:?}",
        fs::read(at("made")).map_err(|e| e.kind()).err()
    );
    fs::remove_dir_all(at("made"))?;
    println!("left {:?}", names(folder)?);
    Ok(())
}

fn copy() -> io::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    io::stdout().write_all(&bytes)
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["files", folder] => files(folder),
        ["read", path] => fs::read(path).map(|bytes| println!("{} bytes", bytes.len())),
        ["write", path, size] => fs::write(path, vec![b'x'; size.parse().unwrap_or(0)]),
        ["copy"] => copy(),
        ["exit", code] => exit(code.parse().unwrap_or(0)),
        ["panic"] => panic!("on purpose"),
        ["spin"] => loop {
            std::hint::spin_loop()
        },
        ["sleep", ms] => {
            let before = std::time::Instant::now();
            std::thread::sleep(std::time::Duration::from_millis(ms.parse().unwrap_or(0)));
            println!(
                "{}",
                before.elapsed().as_millis() >= ms.parse().unwrap_or(0)
            );
            Ok(())
        }
        ["connect", to] => std::net::TcpStream::connect(to).map(|_| println!("connected")),
        _ => show(),
    }
}
