//! What is said of a field for templates and messages: its name, its help and its form.

/// What is said of one field, for templates and messages.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// Its key.
    pub name: &'static str,
    /// One sentence about it, from the doc comment of the field.
    pub help: &'static str,
    /// Its form.
    pub shape: Shape,
}

/// The form of a field.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Whether it has to be there.
    pub required: bool,
    /// What may stand there.
    pub form: FieldForm,
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy)]
pub enum FieldForm {
    /// One value; the word for its form, or the choices.
    Scalar(&'static str),
    /// A list of such values.
    List(&'static str),
    /// `[x]`.
    Section(&'static [FieldInfo]),
    /// `[[x]]`.
    Elements(&'static [FieldInfo]),
}
