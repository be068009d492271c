//! Puts the doc comments of WIT into components, and makes empty components of worlds.
//!
//! ```text
//! embed-docs docs  IN.wasm OUT.wasm NAME WIT...    the docs of world NAME into a component
//! embed-docs empty OUT.wasm WORLD WIT...           a component that imports all of a world and does nothing
//! ```
//!
//! The docs go where wit-component's own readers look for them: the custom section `package-docs`, described for the
//! component's world as it decodes (`root:component/root`).

use std::path::Path;

use anyhow::{bail, Context, Result};
use wasm_encoder::{ComponentSection, CustomSection};
use wit_component::{dummy_module, embed_component_metadata, ComponentEncoder, DecodedWasm, StringEncoding};
use wit_parser::{
    Docs, LiftLowerAbi, ManglingAndAbi, PackageId, PackageMetadata, Resolve, TypeDefKind, TypeId, World,
    WorldId, WorldItem,
};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["docs", input, output, world, wit @ ..] => embed(input, output, world, wit),
        ["empty", output, world, wit @ ..] => empty(output, world, wit),
        _ => bail!("usage: embed-docs docs IN OUT WORLD WIT... | embed-docs empty OUT WORLD WIT..."),
    }
}

fn embed(input: &str, output: &str, world: &str, wit: &[&str]) -> Result<()> {
    let (source, id) = load(world, wit)?;
    let mut bytes = std::fs::read(input).with_context(|| input.to_string())?;
    let DecodedWasm::Component(mut resolve, root) = wit_component::decode(&bytes)? else {
        bail!("{input} is not a component");
    };
    copy_docs(&source, &source.worlds[id], &mut resolve, root);
    let package = resolve.worlds[root].package.context("the component's world has no package")?;
    let data = PackageMetadata::extract(&resolve, package).encode()?;
    CustomSection { name: PackageMetadata::SECTION_NAME.into(), data: data.into() }
        .append_to_component(&mut bytes);
    // What cannot be read back must not be shipped.
    wit_component::decode(&bytes).context("the docs do not read back")?;
    Ok(std::fs::write(output, bytes)?)
}

fn copy_docs(source: &Resolve, from: &World, resolve: &mut Resolve, root: WorldId) {
    resolve.worlds[root].docs = from.docs.clone();
    let mut types = Vec::new();
    let items =
        |world: &World| world.imports.clone().into_iter().chain(world.exports.clone()).collect::<Vec<_>>();
    for (key, item) in items(from) {
        let name = source.name_world_key(&key);
        let world = &mut resolve.worlds[root];
        let target = world.exports.iter_mut().chain(world.imports.iter_mut());
        for (_, found) in target.filter(|(key, _)| matches!(key, wit_parser::WorldKey::Name(n) if *n == name))
        {
            match (&item, found) {
                (WorldItem::Function(f), WorldItem::Function(g)) => g.docs = f.docs.clone(),
                (WorldItem::Type { id: f, .. }, WorldItem::Type { id: g, .. }) => types.push((*f, *g)),
                _ => {}
            }
        }
    }
    for (f, g) in types {
        copy_type_docs(source, f, resolve, g);
    }
}

fn copy_type_docs(source: &Resolve, from: TypeId, resolve: &mut Resolve, to: TypeId) {
    let (f, g) = (&source.types[from], &mut resolve.types[to]);
    g.docs = f.docs.clone();
    let each = |f: Vec<&Docs>, g: Vec<&mut Docs>| f.into_iter().zip(g).for_each(|(f, g)| *g = f.clone());
    match (&f.kind, &mut g.kind) {
        (TypeDefKind::Record(f), TypeDefKind::Record(g)) => each(
            f.fields.iter().map(|x| &x.docs).collect(),
            g.fields.iter_mut().map(|x| &mut x.docs).collect(),
        ),
        (TypeDefKind::Variant(f), TypeDefKind::Variant(g)) => {
            each(f.cases.iter().map(|x| &x.docs).collect(), g.cases.iter_mut().map(|x| &mut x.docs).collect())
        }
        (TypeDefKind::Enum(f), TypeDefKind::Enum(g)) => {
            each(f.cases.iter().map(|x| &x.docs).collect(), g.cases.iter_mut().map(|x| &mut x.docs).collect())
        }
        (TypeDefKind::Flags(f), TypeDefKind::Flags(g)) => {
            each(f.flags.iter().map(|x| &x.docs).collect(), g.flags.iter_mut().map(|x| &mut x.docs).collect())
        }
        _ => {}
    }
}

fn empty(output: &str, world: &str, wit: &[&str]) -> Result<()> {
    let (resolve, id) = load(world, wit)?;
    let mut module = dummy_module(&resolve, id, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8, false)?;
    let bytes = ComponentEncoder::default().module(&module)?.validate(true).encode()?;
    Ok(std::fs::write(output, bytes)?)
}

fn load(world: &str, wit: &[&str]) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let mut package: Option<PackageId> = None;
    for path in wit {
        package = Some(resolve.push_path(Path::new(path)).with_context(|| path.to_string())?.0);
    }
    let package = package.context("no WIT was named")?;
    let id = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, id))
}
