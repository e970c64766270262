//! Measures imports: users with five groups each, one line in a hundred broken, uploaded in parts and laid over an empty
//! directory on a file; then the same file once more; then a run that is killed in the middle and taken up again.
//!
//! `cargo run --release -p rollcall --example import_size [-- --users N]`

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it prints what it measured")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use provisioning::directory::file::Format;
use provisioning::directory::import_job::{Import, ImportState, Request};
use provisioning::ids::JobId;
use rollcall::engine::{Engine, EngineConfig};
use testkit::sample;

const PART: usize = 4_000_000;
const MEMBERSHIPS_PER_USER: usize = 5;
const USERS_PER_GROUP: usize = 100;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        arguments.iter().position(|given| given == name).and_then(|at| arguments.get(at + 1)).cloned()
    };
    if let (Some(data), Some(file)) = (value("--data"), value("--file")) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(measured(Path::new(&data), Path::new(&file), value("--resume")));
    }
    let users: usize = value("--users").map_or(Ok(100_000), |given| given.parse())?;
    let place = tempfile::tempdir()?;
    let file = place.path().join("people.csv");
    let lines = write_file(&file, users)?;
    println!("{lines} lines, {} MB, one in a hundred broken", std::fs::metadata(&file)?.len() / 1_000_000);

    println!("a first import, then the same file again:");
    let data = place.path().join("first");
    follow(run(&data, &file, None)?, f64::MAX)?;
    follow(run(&data, &file, None)?, f64::MAX)?;

    println!("killed in the middle:");
    let data = place.path().join("killed");
    let id = follow(run(&data, &file, None)?, 0.5)?;
    follow(run(&data, &file, id)?, f64::MAX)?;
    Ok(())
}

/// Writes the file; every hundredth line has a status that is none.
fn write_file(path: &Path, users: usize) -> Outcome<usize> {
    let groups = users * MEMBERSHIPS_PER_USER / USERS_PER_GROUP;
    let text = sample::directory(users, groups.max(1), MEMBERSHIPS_PER_USER, 1)?.to_csv()?;
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(number, line)| match number % 100 {
            50 => line.replace(",active,", ",gone,"),
            _ => line.to_owned(),
        })
        .collect();
    std::fs::write(path, lines.join("\n") + "\n")?;
    Ok(lines.len())
}

fn run(data: &Path, file: &Path, resume: Option<String>) -> Outcome<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data").arg(data).arg("--file").arg(file).stdout(Stdio::piped());
    if let Some(id) = resume {
        command.arg("--resume").arg(id);
    }
    Ok(command.spawn()?)
}

/// Repeats what the child says, and kills it once it has done that share; gives the import's id.
fn follow(mut child: Child, until: f64) -> Outcome<Option<String>> {
    let mut id = None;
    for line in BufReader::new(child.stdout.take().ok_or("no output")?).lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("id", given)) => id = Some(given.to_owned()),
            Some(("done", share)) if share.parse::<f64>()? >= until => {
                child.kill()?;
                println!("  killed at {share}");
                break;
            }
            Some(("done", _)) => {}
            _ => println!("  {line}"),
        }
    }
    child.wait()?;
    Ok(id)
}

/// Imports the file, or goes on with an import, and says what it took.
async fn measured(data: &Path, file: &Path, resume: Option<String>) -> Outcome<()> {
    let config = EngineConfig { data: Some(data.to_owned()), ..EngineConfig::default() };
    let started = Instant::now();
    let engine = Engine::start(config).await?;
    println!("started in {:.2} s, peak {} MiB", started.elapsed().as_secs_f64(), peak()?);
    let (usage, cpu, started) = (engine.usage(), cpu()?, Instant::now());
    let mut calls = Calls::default();
    let id = match resume {
        Some(id) => id.parse()?,
        None => upload(&engine, file, &mut calls).await?,
    };
    println!("id {id}");
    let import = wait(&engine, &id, &mut calls).await?;
    let (wall, spent) = (started.elapsed(), engine.usage().since(&usage));
    println!("{:?} in {:.1} s, {:.1} s CPU", import.state, wall.as_secs_f64(), self::cpu()? - cpu);
    println!("{:?}", import.tally);
    println!("peak {} MiB (VmHWM, the embedded store included)", peak()?);
    println!(
        "tables: {} reads, {} writes, busy {:.1} s: {:?}",
        spent.reads(),
        spent.writes(),
        spent.busy.as_secs_f64(),
        spent.calls
    );
    println!("longest call {:?}; longest time between two pages {:?}", calls.longest, calls.longest_page);
    let rest = Instant::now();
    engine.until_streams_are_read().await;
    println!("streams read {:.1} s later; peak {} MiB", rest.elapsed().as_secs_f64(), peak()?);
    engine.stop(Duration::from_secs(5)).await;
    Ok(())
}

#[derive(Default)]
struct Calls {
    longest: Duration,
    longest_page: Duration,
}

impl Calls {
    async fn timed<T>(&mut self, call: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let answer = call.await;
        self.longest = self.longest.max(began.elapsed());
        answer
    }
}

async fn upload(engine: &Engine, file: &Path, calls: &mut Calls) -> Outcome<JobId> {
    let imports = engine.imports();
    let id = calls.timed(imports.create(Format::CommaSeparated)).await?.id;
    let mut file = std::fs::File::open(file)?;
    for number in 1.. {
        let mut part = Vec::new();
        file.by_ref().take(PART as u64).read_to_end(&mut part)?;
        if part.is_empty() {
            break;
        }
        calls.timed(imports.put_part(&id, number, &part)).await?;
    }
    let request = Request { complete: true, dry_run: false, allow_removals: None };
    calls.timed(imports.commit(&id, request)).await?;
    Ok(id)
}

async fn wait(engine: &Engine, id: &JobId, calls: &mut Calls) -> Outcome<Import> {
    let imports = engine.imports();
    let (mut step, mut since) = (0, Instant::now());
    loop {
        let (job, import) = calls.timed(imports.import(id)).await?.ok_or("no import")?;
        if job.step != step {
            calls.longest_page = calls.longest_page.max(since.elapsed());
            (step, since) = (job.step, Instant::now());
            println!("done {:.3}", import.bytes_done as f64 / import.bytes_total.max(1) as f64);
        }
        if import.state != ImportState::Running {
            return Ok(import);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The most memory the process had, in MiB (Linux).
fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// The process's CPU time so far, in seconds (Linux: user and system time in hundredths).
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks(11) + ticks(12)) / 100.0)
}
