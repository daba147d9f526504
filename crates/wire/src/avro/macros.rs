//! The listings: one line a field or variant.

/// Lists a record: `record! { "name", "doc", Type { field: "doc", ... } }`.
#[macro_export]
macro_rules! record {
    ($name:literal, $doc:literal, $type:ty { $($field:ident : $fdoc:literal),* $(,)? }) => {
        impl $crate::avro::AvroRecord for $type {
            fn fields(names: &mut $crate::avro::Names) -> Vec<$crate::Json> {
                let _ = &names;
                vec![$(
                    $crate::avro_field(
                        stringify!($field),
                        $fdoc,
                        $crate::avro::field_schema(|record: &$type| &record.$field, names),
                    )
                ),*]
            }
        }
        impl $crate::avro::Avro for $type {
            fn schema(names: &mut $crate::avro::Names) -> $crate::Json {
                if !names.first($name) {
                    return $name.into();
                }
                let fields = <$type as $crate::avro::AvroRecord>::fields(names);
                $crate::avro_record($name, $doc, fields)
            }
            fn write(&self, out: &mut Vec<u8>) {
                let _ = &out;
                $($crate::avro::Avro::write(&self.$field, out);)*
            }
            fn read(
                input: &mut $crate::avro::Input<'_>,
            ) -> Result<Self, $crate::avro::DecodeError> {
                let _ = &input;
                Ok(Self { $($field: $crate::avro::Avro::read(input)?),* })
            }
        }
    };
}

/// Lists an enum without data: `symbols! { "name", "doc", Type { 0 => Variant "WORD", ... } }`.
#[macro_export]
macro_rules! symbols {
    ($name:literal, $doc:literal, $type:ty {
        $($index:literal => $variant:ident $word:literal),* $(,)?
    }) => {
        impl $crate::avro::Avro for $type {
            fn schema(names: &mut $crate::avro::Names) -> $crate::Json {
                if !names.first($name) {
                    return $name.into();
                }
                $crate::avro_enum($name, $doc, &[$($word),*])
            }
            fn write(&self, out: &mut Vec<u8>) {
                let index = match self { $(<$type>::$variant => $index),* };
                $crate::avro::put_long(out, index);
            }
            fn read(
                input: &mut $crate::avro::Input<'_>,
            ) -> Result<Self, $crate::avro::DecodeError> {
                match input.long()? {
                    $($index => Ok(<$type>::$variant),)*
                    index => Err($crate::avro::DecodeError::Variant { name: $name, index }),
                }
            }
        }
    };
}

/// Lists an enum with data as a union of records: `union! { Type { 0 => Variant "name" { field:
/// "doc" }, 1 => Other "name" (inner: "doc"), 2 => Unit "name" } }`.
#[macro_export]
macro_rules! union {
    ($type:ident { $(
        $index:literal => $variant:ident $name:literal
        $({ $($field:ident : $fdoc:literal),* $(,)? })?
        $(( $inner:ident : $idoc:literal ))?
    ),* $(,)? }) => {
        impl $crate::avro::Avro for $type {
            fn schema(names: &mut $crate::avro::Names) -> $crate::Json {
                let mut variants: Vec<$crate::Json> = Vec::new();
                $(
                    if names.first($name) {
                        let fields: Vec<$crate::Json> = vec![
                        $($(
                            $crate::avro_field(
                                stringify!($field),
                                $fdoc,
                                $crate::avro::variant_schema(
                                    |value: &$type| match value {
                                        $type::$variant { $field, .. } => Some($field),
                                        #[allow(unreachable_patterns, reason = "a union of one")]
                                        #[allow(clippy::wildcard_enum_match_arm, reason = "type only")]
                                        _ => None,
                                    },
                                    names,
                                ),
                            ),
                        )*)?
                        $(
                            $crate::avro_field(
                                stringify!($inner),
                                $idoc,
                                $crate::avro::variant_schema(
                                    |value: &$type| match value {
                                        $type::$variant($inner) => Some($inner),
                                        #[allow(unreachable_patterns, reason = "a union of one")]
                                        #[allow(clippy::wildcard_enum_match_arm, reason = "type only")]
                                        _ => None,
                                    },
                                    names,
                                ),
                            ),
                        )?
                        ];
                        variants.push($crate::avro_record($name, "", fields));
                    } else {
                        variants.push($name.into());
                    }
                )*
                variants.into()
            }
            fn write(&self, out: &mut Vec<u8>) {
                match self {$(
                    $type::$variant $({ $($field),* })? $(($inner))? => {
                        $crate::avro::put_long(out, $index);
                        $($($crate::avro::Avro::write($field, out);)*)?
                        $($crate::avro::Avro::write($inner, out);)?
                    }
                )*}
            }
            fn read(
                input: &mut $crate::avro::Input<'_>,
            ) -> Result<Self, $crate::avro::DecodeError> {
                match input.long()? {
                    $($index => Ok($type::$variant
                        $({ $($field: $crate::avro::Avro::read(input)?),* })?
                        $(({ let $inner = $crate::avro::Avro::read(input)?; $inner }))?
                    ),)*
                    index => {
                        Err($crate::avro::DecodeError::Variant { name: stringify!($type), index })
                    }
                }
            }
        }
    };
}

/// Lists a wrapper as what it wraps: `wrapper! { Type(i64) }`, or with a logical type.
#[macro_export]
macro_rules! wrapper {
    ($($type:ty as $inner:ty $(: $logical:literal)?),* $(,)?) => {$(
        impl $crate::avro::Avro for $type {
            fn schema(names: &mut $crate::avro::Names) -> $crate::Json {
                #[allow(unused_mut, unused_assignments, reason = "some have no logical type")]
                let mut schema = <$inner as $crate::avro::Avro>::schema(names);
                $(schema = $crate::avro_logical(schema, $logical);)?
                schema
            }
            fn write(&self, out: &mut Vec<u8>) {
                $crate::avro::Avro::write(&self.0, out);
            }
            fn read(
                input: &mut $crate::avro::Input<'_>,
            ) -> Result<Self, $crate::avro::DecodeError> {
                Ok(Self(<$inner as $crate::avro::Avro>::read(input)?))
            }
        }
    )*};
}
