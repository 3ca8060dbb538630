//! Lets the code ask which Python it is built for (`cfg(Py_3_13)` and so on).

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
