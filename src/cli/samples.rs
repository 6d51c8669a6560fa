//! The sample files of the demo. They travel in the program, so that the demo needs nothing beside it.

use std::io;
use std::path::{Path, PathBuf};

/// Name and content of every sample.
const SAMPLES: &[(&str, &[u8])] = &[
    ("dirty.csv", include_bytes!("../../assets/samples/dirty.csv")),
    ("european.csv", include_bytes!("../../assets/samples/european.csv")),
    ("fixed.txt", include_bytes!("../../assets/samples/fixed.txt")),
    ("ftc_202.txt", include_bytes!("../../assets/samples/ftc_202.txt")),
    ("ftc_202.xml", include_bytes!("../../assets/samples/ftc_202.xml")),
    ("ftc_changes.txt", include_bytes!("../../assets/samples/ftc_changes.txt")),
    ("good.csv", include_bytes!("../../assets/samples/good.csv")),
    ("good.csv.gz", include_bytes!("../../assets/samples/good.csv.gz")),
    ("good.csv.zst", include_bytes!("../../assets/samples/good.csv.zst")),
    ("good.ods", include_bytes!("../../assets/samples/good.ods")),
    ("good.tsv", include_bytes!("../../assets/samples/good.tsv")),
    ("good.xlsx", include_bytes!("../../assets/samples/good.xlsx")),
    ("good.zip", include_bytes!("../../assets/samples/good.zip")),
    ("good_pipe.txt", include_bytes!("../../assets/samples/good_pipe.txt")),
    ("good_semicolon.csv", include_bytes!("../../assets/samples/good_semicolon.csv")),
    ("good_utf16.csv", include_bytes!("../../assets/samples/good_utf16.csv")),
    ("good_windows1252.csv", include_bytes!("../../assets/samples/good_windows1252.csv")),
    ("ported_norange.txt", include_bytes!("../../assets/samples/ported_norange.txt")),
    ("ported_ranges.txt", include_bytes!("../../assets/samples/ported_ranges.txt")),
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
    use tokio_util::sync::CancellationToken;

    use crate::ops::{Input, Opened, open_or_ask};

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
    fn every_sample_opens_or_asks_a_question_whose_first_answer_opens_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = write(home.path()).unwrap();
        let open = |path: &std::path::Path, input: &Input| {
            open_or_ask(path, input, &[], &CancellationToken::new(), &mut |_| ())
        };
        for (name, _) in SAMPLES {
            let mut input = Input::default();
            let path = folder.join(name);
            let asked = match open(&path, &input).unwrap() {
                Opened::Document(..) => None,
                Opened::Question(question) => {
                    let answer = &question.answers[question.proposed];
                    assert!(input.answer(question.flag, &answer.value), "{name}");
                    assert!(matches!(open(&path, &input), Ok(Opened::Document(..))), "{name}");
                    Some(question.flag)
                }
            };
            let expected = match *name {
                "fixed.txt" => Some("--widths"),
                "ftc_changes.txt" => Some("--changes"),
                _ => None,
            };
            assert_eq!(asked, expected, "{name}");
        }
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
