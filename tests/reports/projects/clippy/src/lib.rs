mod inner;

pub fn length(v: &Vec<u8>) -> usize {
    let unused = 1;
    return v.len();
}

pub fn bits(n: u32) -> u32 {
    n & 0
}
