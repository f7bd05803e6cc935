//! The authorities of a server, as a vCenter offers them for download: `/certs/download.zip`.
//! Refuses to be asked for a login: whoever reaches a vCenter gets them.

use std::io::{Cursor, Write as _};

use bytes::Bytes;
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

/// The file with these authorities, in PEM: each one for three systems, and lists of what they revoked, which are empty.
pub(crate) fn download(authorities: &[&str]) -> ZipResult<Bytes> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, authority) in authorities.iter().enumerate() {
        // A vCenter names them by a hash of their subject.
        let name = format!("{:08x}", 0x5ca1_ab1e_u32.wrapping_mul(u32::try_from(number).unwrap_or(0) + 1));
        for (path, content) in [
            (format!("certs/lin/{name}.0"), *authority),
            (format!("certs/lin/{name}.r0"), ""),
            (format!("certs/mac/{name}.0"), authority),
            (format!("certs/win/{name}.0.crt"), authority),
            (format!("certs/win/{name}.r0.crl"), ""),
        ] {
            file.start_file(path, SimpleFileOptions::default())?;
            file.write_all(content.as_bytes())?;
        }
    }
    Ok(file.finish()?.into_inner().into())
}
