//! Asks a Python process, over pipes: a request a line, an answer a line (`answers.py`).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

const PROGRAM: &str = include_str!("../answers.py");

static PROCESS: LazyLock<Mutex<Process>> = LazyLock::new(|| Mutex::new(Process::start()));

struct Process {
    /// Ends when its input does.
    _child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts `$PYTHON`, or `python3`.
    fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the core has no environment; this is none of it")]
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
        let mut command = Command::new(&python);
        command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{python:?} does not start: {error}"));
        let requests = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { _child: child, requests, answers }
    }

    fn ask(&mut self, request: &Value) -> std::io::Result<Value> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Python's answer.
pub fn ask(request: &Value) -> Value {
    let mut process = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    process.ask(request).unwrap_or_else(|error| panic!("Python gave no answer to {request}: {error}"))
}
