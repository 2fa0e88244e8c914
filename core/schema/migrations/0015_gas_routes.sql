-- Roads that vehicles with cylinders may use are a register of their own.
ALTER TABLE gas_register DROP CONSTRAINT gas_register_kind_check;
ALTER TABLE gas_register ADD CONSTRAINT gas_register_kind_check
    CHECK (kind IN ('company', 'site', 'vehicle', 'route', 'courier', 'user'));
