using System.Collections;
using System.Globalization;

namespace SidecarPatterns;

/// <summary>What the value of a tag reads as, the same in every culture.</summary>
internal static class TagText
{
    /// <returns>Empty for no value.</returns>
    public static string Of(object? value) => value switch
    {
        null => "",
        string text => text,
        bool isTrue => isTrue ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        Array array => $"[{string.Join(",", ((IEnumerable)array).Cast<object?>().Select(static item => item is string text ? $"\"{text}\"" : Of(item)))}]",
        _ => value.ToString() ?? "",
    };
}
