//! Keys go into files and come out again, and nothing else does.

use super::*;

fn passphrase() -> Passphrase {
    Passphrase::new("rätt häst batteri häftstift").unwrap()
}

fn key() -> SecretKey {
    SecretKey::from_bytes(&[7; 32])
}

/// Writes a file that only its owner may read.
fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    write(&path, text.as_bytes(), 0o600).unwrap();
    path
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_only() {
    let folder = tempfile::tempdir().unwrap();
    let text = to_text(&key(), Some(&passphrase())).unwrap();
    let path = file(folder.path(), "a.key", &text);
    assert!(is_encrypted(&path).unwrap());
    assert_eq!(read(&path, Some(&passphrase())).unwrap().public(), key().public());
    assert!(matches!(read(&path, None), Err(KeyFileError::Locked { .. })));
    let wrong = Passphrase::new("fel").unwrap();
    let refused = read(&path, Some(&wrong)).unwrap_err();
    assert!(matches!(refused, KeyFileError::WrongPassphrase { .. }), "{refused}");
    assert_ne!(to_text(&key(), Some(&passphrase())).unwrap(), text, "another salt each time");
}

#[test]
fn a_key_that_is_not_encrypted_is_read_in_both_forms() {
    let folder = tempfile::tempdir().unwrap();
    let hex = file(folder.path(), "a.key", &to_text(&key(), None).unwrap());
    let pem = file(folder.path(), "b.key", &to_pem(&key(), None).unwrap());
    for path in [hex, pem] {
        assert!(!is_encrypted(&path).unwrap());
        assert_eq!(read(&path, None).unwrap().public(), key().public());
        assert!(read(&path, Some(&passphrase())).is_ok(), "a passphrase too many is no fault");
    }
}

/// Made with `openssl genpkey -algorithm ed25519`, and `openssl pkcs8 -topk8` with
/// scrypt and with PBKDF2; the passphrase is `prov`.
const OPENSSL: [&str; 2] = [
    include_str!("../../tests/fixtures/openssl-scrypt.pem"),
    include_str!("../../tests/fixtures/openssl-pbkdf2.pem"),
];

#[test]
fn what_openssl_has_encrypted_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let prov = Passphrase::new("prov").unwrap();
    let opened = OPENSSL.map(|text| {
        let path = folder.path().join("a.key");
        write(&path, text.as_bytes(), 0o600).unwrap();
        read(&path, Some(&prov)).unwrap().public().to_string()
    });
    let public = "c24be27e5420f88e106ed63cbc1fc174e199e7f761a6d187136d8b35d850e2a2";
    assert_eq!(opened, [public, public]);
}

#[test]
fn what_would_keep_the_machine_busy_is_not_tried() {
    let folder = tempfile::tempdir().unwrap();
    let usual = parameters().unwrap();
    let Kdf::Scrypt(scrypt) = usual.kdf.clone() else { panic!("not scrypt") };
    let asking = |cost_parameter, block_size, parallelization| {
        let kdf = ScryptParams { cost_parameter, block_size, parallelization, ..scrypt };
        let parameters = Parameters { kdf: Kdf::Scrypt(kdf), encryption: usual.encryption };
        demand_moderate(&EncryptionScheme::from(parameters), folder.path())
    };
    assert!(asking(SCRYPT_N, SCRYPT_R, SCRYPT_P).is_ok());
    assert!(asking(1 << 17, 8, 1).is_ok(), "the strongest of the recommended ones");
    for (n, r, p) in
        [(1 << 20, 8, 1), (1 << 14, 8, 1_000), (u64::MAX, 65_535, 65_535), (1 << 63, 8, 1)]
    {
        let refused = asking(n, r, p).unwrap_err();
        assert!(matches!(refused, KeyFileError::TooCostly { .. }), "{n} {r} {p}");
    }
    // These would end in a panic, or in a key that is not scrypt's.
    assert!(asking(0, 8, 1).is_err() && asking(12_345, 8, 1).is_err());
}

#[test]
fn what_is_no_key_is_said_so_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let rsa = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let cut = to_text(&key(), Some(&passphrase())).unwrap();
    for text in ["", "07070707", &"zz".repeat(32), rsa, &cut[..200], "-----BEGIN "] {
        let path = file(folder.path(), "a.key", text);
        let refused = read(&path, Some(&passphrase())).unwrap_err();
        assert!(matches!(refused, KeyFileError::Content { .. }), "{text:?}: {refused}");
        assert!(text.is_empty() || !format!("{refused} {refused:?}").contains(text));
    }
}

#[test]
fn a_passphrase_is_a_line_of_a_file_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["hemlig fras", "hemlig fras\n", "hemlig fras\r\n"] {
        let path = file(folder.path(), "passphrase", text);
        let read = Passphrase::read(&path).unwrap();
        assert_eq!(read, Passphrase::new("hemlig fras").unwrap());
        assert!(!format!("{read:?}").contains("hemlig"));
    }
    let path = file(folder.path(), "passphrase", "\n");
    assert!(matches!(Passphrase::read(&path), Err(KeyFileError::NoPassphrase { .. })));
}

#[cfg(unix)]
#[test]
fn a_passphrase_that_others_can_read_is_refused() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "passphrase", "hemlig\n");
    let read_with = |mode| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Passphrase::read(&path)
    };
    assert!(read_with(0o400).is_ok());
    assert!(matches!(read_with(0o644), Err(KeyFileError::Exposed { .. })));
    // As systemd shows a credential that an access list opens to the service.
    let is_of_root = fs::metadata(&path).unwrap().uid() == 0;
    assert_eq!(read_with(0o440).is_ok(), is_of_root);
    assert!(read_with(0o460).is_err());
}
