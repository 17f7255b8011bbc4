//! What a `buf.gen.yaml` asks for, of either version.

use std::mem::take;
use std::path::Path;

use serde_saphyr::Spanned;

use super::file::{InputV2, PluginV1, PluginV2, Strategy, V1, V2, Words};
use super::{BufGen, By, Input, Job, managed};
use crate::cli::config::{CONFIG, Plugin};
use crate::cli::yaml::Yaml;
use crate::diag::{Diagnostic, Place};

/// The languages that protoc knows without a plugin.
const BUILTIN: [&str; 11] =
    ["cpp", "csharp", "java", "js", "kotlin", "objc", "php", "pyi", "python", "ruby", "rust"];

pub fn v2(yaml: &Yaml) -> Result<BufGen, Diagnostic> {
    let file: V2 = yaml.read()?;
    let jobs = file.plugins.into_iter().map(|plugin| job_v2(plugin, yaml)).collect::<Result<_, _>>()?;
    let inputs = file.inputs.unwrap_or_default().into_iter().map(|it| input(it, yaml));
    Ok(BufGen {
        jobs,
        inputs: inputs.collect::<Result<_, _>>()?,
        managed: file.managed.map(|it| managed::v2(it, yaml)).transpose()?.flatten(),
        types: Vec::new(),
        folder: Default::default(),
    })
}

pub fn v1(yaml: &Yaml) -> Result<BufGen, Diagnostic> {
    let file: V1 = yaml.read()?;
    let jobs = file.plugins.into_iter().map(|plugin| job_v1(plugin, yaml)).collect::<Result<_, _>>()?;
    Ok(BufGen {
        jobs,
        inputs: Vec::new(),
        managed: file.managed.map(|it| managed::v1(it, yaml)).transpose()?.flatten(),
        types: file.types.map(|types| types.include).unwrap_or_default(),
        folder: Default::default(),
    })
}

fn job_v2(plugin: Spanned<PluginV2>, yaml: &Yaml) -> Result<Job, Diagnostic> {
    let place = yaml.place(plugin.referenced);
    let plugin = plugin.value;
    let (command, by) = match (plugin.local, plugin.protoc_builtin, plugin.remote) {
        (Some(local), None, None) => (local.list(), By::Plugin),
        (None, Some(language), None) => (protoc(plugin.protoc_path), By::Protoc(language)),
        (None, None, Some(remote)) => return Err(elsewhere(&remote, place)),
        _ => {
            return Err(Diagnostic::failure(
                &CONFIG,
                "a plugin is one of `local`, `protoc_builtin` and `remote`",
            )
            .at(place)
            .help("keep the one that is meant"));
        }
    };
    Ok(Job {
        plugin: run(command, plugin.out, plugin.opt),
        by,
        per_folder: plugin.strategy.is_none_or(|it| it == Strategy::Directory),
        include_imports: plugin.include_imports,
        include_wkt: plugin.include_wkt,
        types: plugin.types,
        exclude_types: plugin.exclude_types,
        place,
    })
}

fn job_v1(plugin: Spanned<PluginV1>, yaml: &Yaml) -> Result<Job, Diagnostic> {
    let place = yaml.place(plugin.referenced);
    let plugin = plugin.value;
    let name = match (plugin.plugin, plugin.name, plugin.remote) {
        (None, None, Some(remote)) => return Err(elsewhere(&remote, place)),
        (Some(name), None, None) | (None, Some(name), None) => name,
        _ => {
            return Err(Diagnostic::failure(&CONFIG, "a plugin is one of `plugin`, `name` and `remote`")
                .at(place)
                .help("keep the one that is meant; `plugin` is the word of v1"));
        }
    };
    if name.contains('/') {
        return Err(elsewhere(&name, place));
    }
    let program = format!("protoc-gen-{name}");
    let (command, by) = match plugin.path {
        Some(path) => (path.list(), By::Plugin),
        // As buf has it: a program of the name first, and then protoc.
        None if BUILTIN.contains(&name.as_str()) && !is_installed(&program) => {
            (protoc(plugin.protoc_path), By::Protoc(name))
        }
        None => (vec![program], By::Plugin),
    };
    Ok(Job {
        plugin: run(command, plugin.out, plugin.opt),
        by,
        per_folder: plugin.strategy.is_none_or(|it| it == Strategy::Directory),
        include_imports: false,
        include_wkt: false,
        types: Vec::new(),
        exclude_types: Vec::new(),
        place,
    })
}

fn run(command: Vec<String>, out: String, opt: Option<Words>) -> Plugin {
    let options = opt.map(Words::list).unwrap_or_default();
    Plugin { command, out, options, time_limit: None }
}

fn protoc(path: Option<Words>) -> Vec<String> {
    path.map_or_else(|| vec!["protoc".to_owned()], Words::list)
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn elsewhere(plugin: &str, place: Place) -> Diagnostic {
    let name = plugin.rsplit('/').next().unwrap_or(plugin);
    let name = name.split(':').next().unwrap_or(name);
    Diagnostic::failure(&CONFIG, format!("`{plugin}` runs on buf's servers, and protogate asks nobody"))
        .at(place)
        .help(format!("install the plugin and write `local: protoc-gen-{name}`"))
}

fn input(input: Spanned<InputV2>, yaml: &Yaml) -> Result<Input, Diagnostic> {
    let place = yaml.place(input.referenced);
    let mut input = input.value;
    let (types, paths) = (take(&mut input.types), take(&mut input.paths));
    let (exclude_types, exclude_paths) = (take(&mut input.exclude_types), take(&mut input.exclude_paths));
    let refused = |said: String, help: &str| {
        Err(Diagnostic::failure(&CONFIG, said).at(place.clone()).help(help.to_owned()))
    };
    if let Some(module) = &input.module {
        let help = "`buf export MODULE -o DIR` once, and name the folder under `directory`";
        return refused(
            format!("the module `{module}` is in buf's registry, and protogate asks nobody"),
            help,
        );
    }
    if input.text_image.is_some() || input.yaml_image.is_some() {
        return refused("an image is read as binary or as JSON".to_owned(), "`buf build -o image.binpb`");
    }
    let InputV2 { directory, proto_file, git_repo, tarball, zip_archive, binary_image, json_image, .. } =
        &input;
    let named = [
        (directory, "dir"),
        (proto_file, "protofile"),
        (git_repo, "git"),
        (tarball, "tar"),
        (zip_archive, "zip"),
        (binary_image, "binpb"),
        (json_image, "json"),
    ];
    let mut named = named.into_iter().filter_map(|(path, format)| Some((path.as_ref()?, format)));
    let (Some((path, format)), None) = (named.next(), named.next()) else {
        return refused("an input is one folder, file, archive, image or repository".to_owned(), "name one");
    };
    if format == "git" && !Path::new(path).exists() && path.contains(':') {
        return refused(
            format!("`{path}` is elsewhere, and protogate asks nobody"),
            "clone it, and name the folder",
        );
    }
    let strip = input.strip_components.map(|it| it.to_string());
    let more = [
        ("branch", &input.branch),
        ("commit", &input.commit),
        ("tag", &input.tag),
        ("ref", &input.r#ref),
        ("subdir", &input.subdir),
        ("strip_components", &strip),
    ];
    let more = more.into_iter().filter_map(|(key, value)| Some(format!(",{key}={}", value.as_ref()?)));
    // A plain path needs no word about its format, and would not be one on some disk with it.
    let plain = matches!(format, "dir" | "protofile" | "binpb" | "json");
    let fragment = format!("format={format}{}", more.collect::<String>());
    Ok(Input {
        source: if plain { path.clone() } else { format!("{path}#{fragment}") },
        types,
        exclude_types,
        paths,
        exclude_paths,
        place,
    })
}
