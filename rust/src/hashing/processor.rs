//! What the processor offers to SHA-256, and whether hashing takes it: for those who ask why a machine is slow.

/// The processor's extensions that count for hashing, each with whether this processor has it. Empty for a kind of
/// processor of which none are known.
pub fn extensions() -> Vec<(&'static str, bool)> {
    #[cfg(target_arch = "x86_64")]
    return vec![
        ("sha", is_x86_feature_detected!("sha")),
        ("ssse3", is_x86_feature_detected!("ssse3")),
        ("sse4.1", is_x86_feature_detected!("sse4.1")),
    ];
    #[cfg(target_arch = "aarch64")]
    return vec![("sha2", std::arch::is_aarch64_feature_detected!("sha2"))];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return Vec::new();
}

/// Whether a hash is worked out by the processor's own instructions. Where they are all there, the crate `sha2` and
/// [`super::buckets`] take them; else the same numbers come of plain arithmetic, several times slower.
pub fn has_instructions() -> bool {
    let extensions = extensions();
    !extensions.is_empty() && extensions.iter().all(|(_, is_there)| *is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn each_extension_is_asked_for_by_its_name() {
        let names: Vec<&str> = extensions().iter().map(|(name, _)| *name).collect();
        assert!(names == ["sha", "ssse3", "sse4.1"] || names == ["sha2"], "{names:?}");
        assert_eq!(has_instructions(), extensions().iter().all(|(_, is_there)| *is_there));
    }
}
