//! The identities of a whole year, opened before the transaction that needs them.
//!
//! Opening a hundred thousand names takes seconds. Inside a writing transaction it would keep every recorder on SQLite
//! waiting, so the sealed rows are read first, opened without a lock, and whoever writes on the strength of them looks
//! under its lock whether they are still the same.

use super::door::{Identities, Whose, open_rows};
use super::error::IdentityError;
use super::opened::Opened;
use super::purpose::Purpose;
use super::queries;
use super::seal::{Sealer, mark};
use crate::audit::Actor;
use crate::db::{Conn, Db};

/// The sealed identities of a year as they were read: nobody has seen a name yet.
pub struct SealedYear {
    year: String,
    rows: Vec<(i64, Vec<u8>)>,
}

impl SealedYear {
    /// What tells this sealed state of each child from every other, in the order of the children's numbers.
    pub fn marks(&self) -> impl Iterator<Item = (i64, &[u8])> {
        self.rows
            .iter()
            .map(|(pupil, sealed)| (*pupil, mark(sealed)))
    }
}

impl Identities {
    /// Reads the sealed identities of a year, without opening them.
    pub fn sealed_year(&self, tx: &mut Conn, year: &str) -> Result<SealedYear, IdentityError> {
        let mut rows: Vec<(i64, Vec<u8>)> = queries::sealed_identities_of_year(tx, year)?
            .into_iter()
            .map(|(pupil, _, sealed)| (pupil, sealed))
            .collect();
        rows.sort_unstable_by_key(|(pupil, _)| *pupil);
        Ok(SealedYear {
            year: year.to_owned(),
            rows,
        })
    }

    /// The same as [`SealedYear::marks`], as things are now.
    pub fn marks_now(
        &self,
        tx: &mut Conn,
        year: &str,
    ) -> Result<Vec<(i64, Vec<u8>)>, IdentityError> {
        Ok(queries::marks_of_year(tx, year)?)
    }

    /// The keys of some children (see [`super::identity_key`]): a damaged identity can still be told by its key.
    pub fn keys_of(
        &self,
        tx: &mut Conn,
        pupils: &[i64],
    ) -> Result<Vec<queries::KeyOfChild>, IdentityError> {
        Ok(queries::keys_of(tx, pupils)?)
    }

    /// Opens the identities of a year, to be compared by the machine. The names are handed over only once the row of
    /// the access log is committed.
    pub fn open_year(
        &self,
        db: &Db,
        actor: &Actor,
        purpose: Purpose,
        sealed: SealedYear,
    ) -> Result<Opened, IdentityError> {
        if sealed.rows.is_empty() {
            return Ok(Opened::default());
        }
        let (year, opened) = self.open_sealed(sealed)?;
        db.write_now(|tx| -> Result<(), IdentityError> {
            self.refuse_other_key(tx, &year, &opened)?;
            self.note(tx, actor, purpose, Whose::WholeYear(&year), &opened)
        })?;
        Ok(opened)
    }

    /// [`Self::open_year`] for work that holds a transaction anyway, because a person decides about one child.
    pub fn open_year_in(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        purpose: Purpose,
        sealed: SealedYear,
    ) -> Result<Opened, IdentityError> {
        let (year, opened) = self.open_sealed(sealed)?;
        self.refuse_other_key(tx, &year, &opened)?;
        self.note(tx, actor, purpose, Whose::WholeYear(&year), &opened)?;
        Ok(opened)
    }

    fn open_sealed(&self, sealed: SealedYear) -> Result<(String, Opened), IdentityError> {
        let SealedYear { year, rows } = sealed;
        let mut opened = Opened::default();
        open_rows(&Sealer::new(&self.keyring.year(&year)?), rows, &mut opened)?;
        Ok((year, opened))
    }
}
