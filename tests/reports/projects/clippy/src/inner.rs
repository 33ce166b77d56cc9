macro_rules! größe {
    ($v:expr) => {
        $v.len() == 0
    };
}

pub fn is_empty(v: &[u8]) -> bool {
    größe!(v)
}
