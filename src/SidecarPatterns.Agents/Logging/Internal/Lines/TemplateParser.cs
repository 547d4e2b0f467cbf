using System.Text;

namespace SidecarPatterns;

/// <summary>Takes templates apart: text, and what stands in braces.</summary>
internal static class TemplateParser
{
    /// <returns><see langword="false"/> for what is left to the framework: values that are aligned, and braces that do not match.</returns>
    public static bool TryParse(string template, out (string Before, string Name, string? Format)[] holes, out string after)
    {
        var found = new List<(string, string, string?)>();
        var text = new StringBuilder();
        for (var i = 0; i < template.Length; i++)
        {
            var isDoubled = i + 1 < template.Length && template[i + 1] == template[i];
            if (template[i] is not ('{' or '}'))
            {
                text.Append(template[i]);
            }
            else if (isDoubled)
            {
                text.Append(template[i++]);
            }
            else if (template[i] == '{' && TryFindEnd(template, i, out var end))
            {
                var colon = template.IndexOf(':', i, end - i);
                found.Add((text.ToString(), template[(i + 1)..(colon < 0 ? end : colon)], colon < 0 ? null : template[(colon + 1)..end]));
                text.Clear();
                i = end;
            }
            else
            {
                (holes, after) = ([], "");
                return false;
            }
        }

        (holes, after) = ([.. found], text.ToString());
        return true;
    }

    private static bool TryFindEnd(string template, int start, out int end)
    {
        end = template.IndexOf('}', start);
        return end > 0 && template.AsSpan(start + 1, end - start - 1).IndexOfAny('{', ',') < 0 && (end + 1 == template.Length || template[end + 1] != '}');
    }
}
