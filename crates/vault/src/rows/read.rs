//! Reading every row of a file, each checked in its place and all of them against the header.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::mark::{BODY, MOVING, device_spot, know, spot};
use super::{Kind, OpenedRow, Rows};
use crate::error::Damage;
use crate::id::RecordId;
use crate::seal;
use crate::tally::Tally;

impl Rows {
    pub(super) fn read_all(&mut self, connection: &Connection) -> Result<Vec<OpenedRow>, Damage> {
        let cells = self.key.records(self.format);
        let marks = self.key.tally(self.format);
        let mut tally = Tally::default();
        let mut device_cells = self.device_cells(connection)?;
        let device = self.erasable.as_ref();
        let device = device.map(|erasable| self.key.device(erasable.expose()));
        let mut opened = Vec::new();
        let mut statement = connection
            .prepare("SELECT id, kind, body, moving FROM record")
            .map_err(|_| Damage::Database)?;
        let mut found = statement.query([]).map_err(|_| Damage::Database)?;
        while let Some(row) = found.next().map_err(|_| Damage::Database)? {
            let id = RecordId(row.get(0).map_err(|_| Damage::Record)?);
            let kind = row
                .get(1)
                .ok()
                .and_then(Kind::from_code)
                .ok_or(Damage::Record)?;
            let body = row
                .get_ref(2)
                .ok()
                .and_then(|body| body.as_blob().ok())
                .ok_or(Damage::Record)?;
            let moving = row
                .get_ref(3)
                .ok()
                .and_then(|moving| moving.as_blob_or_null().ok())
                .ok_or(Damage::Record)?;
            let known = know(&marks, id, kind, body, moving).ok_or(Damage::Record)?;
            tally.add(&known.mark);
            self.known.insert(id, known);
            let mut device_cell = device_cells.remove(&id);
            if kind != Kind::Organisation && device_cell.take().is_some() {
                return Err(Damage::RecordSet);
            }
            opened.push(OpenedRow {
                id,
                kind,
                generation: seal::generation(body).ok_or(Damage::Record)?,
                body: cells
                    .open(&spot(self.format, self.vault, &id, kind, BODY), body)
                    .ok_or(Damage::Record)?,
                moving: moving
                    .map(|moving| {
                        cells
                            .open(&spot(self.format, self.vault, &id, kind, MOVING), moving)
                            .ok_or(Damage::Record)
                    })
                    .transpose()?,
                device: match (&device, device_cell) {
                    (Some(key), Some(cell)) => {
                        let spot = device_spot(self.format, self.vault, &id, kind, &known.body);
                        Some(key.open(&spot, &cell).ok_or(Damage::Record)?)
                    }
                    // What is left of an erased one opens for nobody
                    _ => None,
                },
            });
        }
        let counted = u64::try_from(opened.len()).is_ok_and(|count| count == self.header.rows);
        if counted && tally == self.header.tally && device_cells.is_empty() {
            Ok(opened)
        } else {
            Err(Damage::RecordSet)
        }
    }

    fn device_cells(&self, connection: &Connection) -> Result<BTreeMap<RecordId, Vec<u8>>, Damage> {
        if self.format == 1 {
            return Ok(BTreeMap::new());
        }
        let mut statement = connection
            .prepare("SELECT id, cell FROM device")
            .map_err(|_| Damage::Database)?;
        let cells = statement
            .query_map([], |row| Ok((RecordId(row.get(0)?), row.get(1)?)))
            .and_then(Iterator::collect);
        cells.map_err(|_| Damage::Database)
    }
}
