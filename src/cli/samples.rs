//! The sample files of the demo. They travel in the program, so that the demo needs nothing beside it.

use std::io;
use std::path::{Path, PathBuf};

/// Name and content of every sample.
const SAMPLES: &[(&str, &[u8])] = &[
    ("dirty.csv", include_bytes!("../../assets/samples/dirty.csv")),
    ("european.csv", include_bytes!("../../assets/samples/european.csv")),
    ("ftc_202.txt", include_bytes!("../../assets/samples/ftc_202.txt")),
    ("ftc_202.xml", include_bytes!("../../assets/samples/ftc_202.xml")),
    ("good.csv", include_bytes!("../../assets/samples/good.csv")),
    ("good.csv.gz", include_bytes!("../../assets/samples/good.csv.gz")),
    ("good.csv.zst", include_bytes!("../../assets/samples/good.csv.zst")),
    ("good.ods", include_bytes!("../../assets/samples/good.ods")),
    ("good.xlsx", include_bytes!("../../assets/samples/good.xlsx")),
    ("good.zip", include_bytes!("../../assets/samples/good.zip")),
];

/// Writes the samples into a folder (0700, files 0600) and says where.
pub(super) fn write(demo: &Path) -> io::Result<PathBuf> {
    let folder = demo.join("samples");
    super::private_file::folder(&folder)?;
    for (name, content) in SAMPLES {
        let path = folder.join(name);
        // Written again only where it differs: a run may have to read its file again after a restart.
        if std::fs::read(&path).ok().as_deref() != Some(*content) {
            crate::ops::write_safely(&path, content)?;
        }
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::{SAMPLES, write};

    #[test]
    fn every_sample_of_the_repository_travels_in_the_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples");
        let mut there: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let carried: Vec<_> = SAMPLES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(carried, there);
    }

    #[test]
    fn writing_them_again_changes_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = write(home.path()).unwrap();
        let stamp = || std::fs::metadata(folder.join("good.csv")).unwrap().modified().unwrap();
        let before = stamp();
        write(home.path()).unwrap();
        assert_eq!(stamp(), before);
        std::fs::write(folder.join("good.csv"), "spoilt").unwrap();
        write(home.path()).unwrap();
        assert_ne!(std::fs::read(folder.join("good.csv")).unwrap(), b"spoilt");
    }
}
