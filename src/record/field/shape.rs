//! Descriptions of fields for templates and messages: name, help and form.

/// The description of a field, for templates and messages.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// The key.
    pub name: &'static str,
    /// One sentence of help, taken from the doc comment of the field.
    pub help: &'static str,
    /// The form of the field, and whether it is required.
    pub shape: Shape,
}

/// The form of a field, and whether it is required.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Whether the field is required.
    pub required: bool,
    /// The form of its value.
    pub form: FieldForm,
}

/// The form of the value of a field.
#[derive(Debug, Clone, Copy)]
pub enum FieldForm {
    /// One value. The string describes its form: a phrase, or the words of a closed set.
    Scalar(&'static str),
    /// A list of such values. The string describes the form of one element.
    List(&'static str),
    /// A table `[x]`.
    Section(&'static [FieldInfo]),
    /// Repeated tables `[[x]]`.
    Elements(&'static [FieldInfo]),
}
