//! The adapter is a core module: lion puts it into a component beside the plug-in when that is loaded.

fn main() {
    println!("cargo:rustc-link-arg-cdylib=--skip-wit-component");
    println!("cargo:rerun-if-changed=build.rs");
}
