//! Tells the bindings how they are built: whether along a profile, which rustc itself does not say to the code.
//! `python -m kameleoon doctor` shows it.

#![expect(clippy::disallowed_methods, reason = "the environment of the build, not of the core")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_guided = flags.split('\x1f').any(|flag| flag.contains("profile-use="));
    println!("cargo:rustc-env=KAMELEOON_IS_PROFILE_GUIDED={is_guided}");
    let is_quick = std::env::var("OPT_LEVEL").is_ok_and(|level| level != "3"); // the profile `plain`
    println!("cargo:rustc-env=KAMELEOON_IS_QUICK_BUILD={is_quick}");
}
