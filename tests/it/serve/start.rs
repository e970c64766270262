use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;

use crate::api::served::{Served, command};

const TOKEN: &str = "a-token-that-must-not-be-told";

#[tokio::test]
async fn who_has_the_token_is_let_in_and_nobody_else() {
    let served = Served::start();
    assert_eq!(served.raw("GET", "/v1/users", None, None).await.status, 200);
    let url = format!("{}/v1/users", served.origin());
    for token in [None, Some("wrong"), Some("")] {
        let request = served.http().get(&url);
        let request = token.map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{token:?}");
        assert!(answer.headers()["x-request-id"].len() > 16);
    }
    assert_eq!(
        served.http().get(format!("{}/v1/openapi.json", served.origin())).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn a_token_is_kept_from_one_start_to_the_next() {
    let served = Served::start();
    let token = served.token().to_owned();
    let again = served.killed_and_started_again();
    assert_eq!(again.token(), token);
    assert_eq!(again.raw("GET", "/v1/users", None, None).await.status, 200);
}

/// A start that must end by itself.
fn refused(folder: &TempDir, more: &[&str]) -> String {
    let mut command = command(folder);
    let Output { status, stdout, stderr } = command.args(more).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{told}");
    assert!(stdout.is_empty() && !told.contains(TOKEN), "{told}");
    told
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_token_file_that_cannot_be_trusted_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    for (text, mode, hint) in [
        (TOKEN, 0o644, "chmod 600"),
        (TOKEN, 0o640, "chmod 600"),
        ("", 0o600, "remove it to have one made"),
        ("a token with spaces", 0o600, "remove it to have one made"),
    ] {
        write(&file, text, mode);
        let told = refused(&folder, &[]);
        assert!(told.contains(hint) && told.contains(file.to_str().unwrap()), "{told}");
    }
    assert!(!Served::data(&folder).exists(), "nothing was touched");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let told = std::process::Command::new(crate::command::program())
        .args(["serve", "--listen", &taken.local_addr().unwrap().to_string(), "--data"])
        .arg(Served::data(&folder))
        .arg("--token-file")
        .arg(folder.path().join("token"))
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(2));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("is in use by another process"), "{told}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was touched");
}

#[test]
fn an_address_that_others_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } = std::process::Command::new(crate::command::program())
        .args(["serve", "--listen", "0.0.0.0:0", "--data"])
        .arg(Served::data(&folder))
        .arg("--token-file")
        .arg(folder.path().join("token"))
        .output()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8(stderr).unwrap().contains("--allow-remote"));
}

#[tokio::test]
async fn data_that_is_in_use_or_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    write(&file, "this is no directory", 0o600);
    assert!(refused(&folder, &[]).contains("cannot be used"));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    write(
        &file.join("rollcall.db"),
        "this is no database, and longer than its header would have to be",
        0o600,
    );
    assert!(refused(&folder, &[]).contains("cannot be used"));
    std::fs::remove_file(file.join("rollcall.db")).unwrap();

    let path = folder.path().to_owned();
    let served = Served::start_in(folder, Stdio::inherit(), &[]);
    let other = std::process::Command::new(crate::command::program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(path.join("data"))
        .arg("--token-file")
        .arg(path.join("token"))
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8(other.stderr).unwrap().contains("in use by another process"));
    assert_eq!(served.raw("GET", "/v1/users", None, None).await.status, 200, "the first goes on");
}
