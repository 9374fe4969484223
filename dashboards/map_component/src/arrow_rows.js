// Rows of an Arrow table, read by index: columns stay as they came, and no object is made for a row.

/** Cells of H3 are written as they are everywhere else: in hexadecimal. */
const asText = value => (value === null ? null : value.toString(16));

/** How a column is read: a function from the index to the value. */
function reader(column) {
    const [chunk] = column.data;
    const type = String(column.type);
    if (type === "Uint64") {
        return index => asText(column.get(index));
    }
    if (type === "Int64") {
        return index => (column.get(index) === null ? null : Number(column.get(index)));
    }
    // Colours and positions: some numbers a row, side by side.
    if (type.startsWith("FixedSizeList") && column.data.length === 1 && chunk.nullCount === 0) {
        const width = column.type.listSize;
        const { values } = chunk.children[0];
        return index => values.subarray((chunk.offset + index) * width, (chunk.offset + index + 1) * width);
    }
    return index => column.get(index);
}

/** A table as deck.gl takes data: `length`, and a row at each index. */
export class ArrowRows {
    /** @param table - of apache-arrow; columns of type uint64 are H3 cells. */
    constructor(table) {
        this.length = table.numRows;
        this.indices = null;
        this.row = {};
        let current = 0;
        this.moveTo = index => {
            current = index;
        };
        for (const field of table.schema.fields) {
            const read = reader(table.getChild(field.name));
            Object.defineProperty(this.row, field.name, { enumerable: true, get: () => read(current) });
        }
    }

    /** The row at an index; the same object each time, which shows what is there until the next call. */
    at(index) {
        this.moveTo(this.indices === null ? index : this.indices[index]);
        return this.row;
    }

    /** Only the rows for which a function of the row is true. */
    filter(keep) {
        const indices = [];
        for (let index = 0; index < this.length; index += 1) {
            if (keep(this.at(index))) {
                indices.push(this.indices === null ? index : this.indices[index]);
            }
        }
        return Object.assign(Object.create(ArrowRows.prototype), this, { length: indices.length, indices });
    }

    /** An accessor of deck.gl that reads these rows, from one that reads objects. */
    accessor(of) {
        return (_, info) => of(this.at(info.index), info);
    }
}
