//! What the tables of messages share: how a payload is read, and the words of a row.

/// Reads a payload by the shape that its row gives it: a type of its own, or named fields.
macro_rules! read_payload {
    ($Enum:ident :: $Variant:ident ($Payload:ty) $data:ident) => {
        serde_json::from_str::<$Payload>($data).map($Enum::$Variant)
    };
    ($Enum:ident :: $Variant:ident {
        $($(#[$meta:meta])* $field:ident : $Type:ty),* $(,)?
    } $data:ident) => {{
        #[derive(serde::Deserialize)]
        struct Fields {
            $($(#[$meta])* $field: $Type),*
        }
        serde_json::from_str($data).map(|Fields { $($field),* }| $Enum::$Variant { $($field),* })
    }};
}

/// `urgent` messages flush what waits before them, because a person waits for the sound or the
/// answer; `batched` ones may wait for the end of their window.
macro_rules! urgency {
    (urgent) => {
        true
    };
    (batched) => {
        false
    };
}

pub(crate) use read_payload;
pub(crate) use urgency;
